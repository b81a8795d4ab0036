namespace Mmrr.Kernels;

/// <summary>
/// A 3×3 convolution of stride 1 or its data gradient on the CPU, prepared on the host and run by the workers: <see cref="WinogradPanels"/> where there are few
/// tiles and many weights, <see cref="WinogradProduct"/> otherwise, with weights that are transformed first or were kept.
/// </summary>
internal sealed unsafe class WinogradPass : IDisposable
{
    private readonly int _channels;
    private readonly int _outputs;
    private readonly bool _backward;
    private readonly float* _weight;
    private readonly bool _ready;
    private readonly WinogradProduct _product;
    private readonly WinogradPanels? _panels;
    private readonly Tensor? _transformed; // the weights; null for panels
    private readonly float* _weights;

    /// <summary>Plans the pass; the caller disposes it when it is enqueued.</summary>
    /// <param name="operation">The name in messages.</param>
    /// <param name="grid">The images' tiles.</param>
    /// <param name="weight">[3, 3, C, O].</param>
    /// <param name="backward">For the data gradient, from O channels to C.</param>
    /// <param name="normalization">How the input is normalised, if it is.</param>
    public WinogradPass(string operation, in TileGrid grid, Tensor weight, bool backward, InputNormalization normalization = default)
    {
        (_channels, _outputs) = backward ? (weight.Shape[3], weight.Shape[2]) : (weight.Shape[2], weight.Shape[3]);
        _backward = backward;
        _weight = weight.Pointer;
        if ((backward || !WinogradWeights.Keeps(weight)) && WinogradPanels.Suits(grid, _channels, _outputs, weight.Device.Workers))
        {
            _panels = new WinogradPanels(grid, _channels, _outputs, normalization);
            return;
        }
        _product = new WinogradProduct(grid, _channels, _outputs, normalization);
        _transformed = backward
            ? WinogradWeights.Empty(operation, weight.Device, _channels, _outputs)
            : WinogradWeights.Prepare(operation, weight, out _ready);
        _weights = _transformed.Pointer;
    }

    /// <summary>Transforms this worker's share of the weights, if they are not ready, or reads it for what follows; a barrier follows.</summary>
    public void Prepare(Worker worker)
    {
        if (_panels is not null) WinogradWeights.Touch(_weight, _channels, _outputs, worker);
        else if (!_ready) WinogradWeights.Transform(_weight, _backward, _channels, _outputs, _weights, worker);
    }

    /// <summary>Computes units of the result until all are taken.</summary>
    /// <param name="x">[N, H, W, channels].</param>
    /// <param name="bias">[outputs] or null.</param>
    /// <param name="residual">[N, H, W, outputs] or null.</param>
    /// <param name="y">[N, H, W, outputs].</param>
    /// <param name="worker">The worker.</param>
    public void Run(float* x, float* bias, float* residual, float* y, Worker worker)
    {
        if (_panels is { } panels) panels.Run(x, _weight, _backward, bias, residual, y, worker);
        else _product.Run(x, _weights, bias, residual, y, worker);
    }

    /// <summary>Returns the transformed weights' memory, which operations enqueued later reuse.</summary>
    public void Dispose() => _transformed?.Dispose();
}
