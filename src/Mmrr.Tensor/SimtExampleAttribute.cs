namespace Mmrr;

/// <summary>
/// Marks a static method that takes a <see cref="Device"/> and runs kernels of its assembly on it: <c>mmrr ptx NAME --run --assembly</c> calls every such
/// method of the assembly with the device <c>ptx</c>, and prints what the kernel executed.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SimtExampleAttribute : Attribute;
