using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Mmrr.App.Tests.Export;

/// <summary>An ONNX file opened by ONNX Runtime, which refuses it where the shapes or types that it infers contradict those of the file.</summary>
internal sealed class OnnxSession : IDisposable
{
    private readonly InferenceSession _session;

    public OnnxSession(string path)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 2, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        options.AddSessionConfigEntry("session.strict_shape_type_inference", "1");
        _session = new InferenceSession(path, options);
    }

    /// <summary>The inputs and outputs: name, type and axes, −1 for those that are known when the graph runs.</summary>
    public string Interface => string.Join("; ", _session.InputMetadata.Concat(_session.OutputMetadata)
        .Select(m => $"{m.Key} {m.Value.ElementType.Name}[{string.Join(',', m.Value.Dimensions)}]"));

    public IReadOnlyDictionary<string, string> Metadata => _session.ModelMetadata.CustomMetadataMap;

    /// <summary>Scores images of one size, [N, height, width, channels].</summary>
    public (float[] Scores, float[] Maps) Score<T>(T[] pixels, int images, int height, int width, int channels)
        where T : unmanaged
    {
        var outputs = Run(("image", new DenseTensor<T>(pixels, [images, height, width, channels])));
        return (outputs["score"], outputs["map"]);
    }

    /// <summary>Runs the graph; its outputs are floats.</summary>
    public Dictionary<string, float[]> Run<T>(params (string Name, DenseTensor<T> Value)[] inputs)
        where T : unmanaged
    {
        using var results = _session.Run([.. inputs.Select(i => NamedOnnxValue.CreateFromTensor(i.Name, i.Value))]);
        return results.ToDictionary(r => r.Name, r => r.AsTensor<float>().ToArray());
    }

    public void Dispose() => _session.Dispose();
}
