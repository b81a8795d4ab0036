using YamlDotNet.Serialization;

namespace Mmrr.Study.Clusters;

/// <summary>A Kubernetes Indexed Job (batch/v1), one pod for each cell, as a manifest.</summary>
internal static class KubernetesJob
{
    // A pod that is lost or fails is started again as often; each time it continues its cell.
    private const int Retries = 3;

    /// <summary>The manifest.</summary>
    /// <param name="request">The request; its container is the image of the pods.</param>
    /// <param name="claim">The persistent volume claim that all pods share.</param>
    /// <param name="mount">The path where they see it.</param>
    public static string Of(JobRequest request, string claim, string mount)
    {
        Dictionary<string, object> limits = new() { ["cpu"] = $"{request.Cpus}" };
        if (request.Gpus > 0) limits["nvidia.com/gpu"] = $"{request.Gpus}";
        var container = new Dictionary<string, object>
        {
            ["name"] = "mmrr",
            ["image"] = request.Container!,
            ["command"] = request.Command.Select(Literal).Append("--index").Append("$(JOB_COMPLETION_INDEX)").ToArray(),
            ["resources"] = new Dictionary<string, object> { ["limits"] = limits },
            ["volumeMounts"] = new[] { new Dictionary<string, object> { ["name"] = "shared", ["mountPath"] = mount } },
        };
        var pod = new Dictionary<string, object>
        {
            // A pod that reaches it has saved its training; the next one continues.
            ["activeDeadlineSeconds"] = 60 * request.Minutes,
            ["restartPolicy"] = "Never",
            ["containers"] = new[] { container },
            ["volumes"] = new[]
            {
                new Dictionary<string, object>
                {
                    ["name"] = "shared", ["persistentVolumeClaim"] = new Dictionary<string, object> { ["claimName"] = claim },
                },
            },
        };
        var job = new Dictionary<string, object>
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["metadata"] = new Dictionary<string, object> { ["name"] = request.Name },
            ["spec"] = new Dictionary<string, object>
            {
                ["completionMode"] = "Indexed",
                ["completions"] = request.Cells,
                ["parallelism"] = request.AtOnce ?? request.Cells,
                // One cell that fails does not end the others (Kubernetes 1.33; as a beta from 1.29).
                ["backoffLimitPerIndex"] = Retries,
                ["template"] = new Dictionary<string, object> { ["spec"] = pod },
            },
        };
        return new SerializerBuilder().WithQuotingNecessaryStrings().WithIndentedSequences().Build().Serialize(job).ReplaceLineEndings("\n");
    }

    // $(NAME) is replaced by a variable of the pod.
    private static string Literal(string argument) => argument.Replace("$", "$$", StringComparison.Ordinal);
}
