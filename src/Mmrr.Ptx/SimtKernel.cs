using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Runtime;

namespace Mmrr.Ptx;

/// <summary>An entry kernel: a method with the attribute <see cref="SimtKernelAttribute"/>.</summary>
public sealed class SimtKernel
{
    private const BindingFlags Declared =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly SimtKernelAttribute _mark;

    private SimtKernel(string name, MethodInfo method, SimtKernelAttribute mark)
    {
        Name = name;
        Method = method;
        _mark = mark;
    }

    /// <summary><c>Type.Method</c>; with the namespace if two types share a name, and with the parameter types if two methods do.</summary>
    public string Name { get; }

    /// <summary>The method.</summary>
    public MethodInfo Method { get; }

    /// <summary>Maximum threads per group.</summary>
    public int GroupSize => _mark.GroupSize;

    /// <summary>Required number of resident groups per multiprocessor; 0 if the kernel does not specify it.</summary>
    public int MinGroups => _mark.MinGroups;

    /// <summary>The minimum compute capability for the kernel's instructions; 0 for any.</summary>
    public int MinSm => _mark.MinSm;

    /// <summary>The engine's own kernels and those of <see cref="LimitProbe"/>, by name.</summary>
    public static IReadOnlyList<SimtKernel> Own { get; } = In(typeof(Device).Assembly, typeof(SimtKernel).Assembly);

    /// <summary>
    /// The kernels of assemblies, by name; of a generic kernel one for each struct of these assemblies that it takes, <c>Type.Method&lt;Struct&gt;</c>, also
    /// of the engine's generic kernels, which run the functions of other assemblies too.
    /// </summary>
    public static IReadOnlyList<SimtKernel> In(params IReadOnlyList<Assembly> assemblies)
    {
        ArgumentNullException.ThrowIfNull(assemblies);
        Type[] types = [.. assemblies.SelectMany(assembly => assembly.GetTypes())];
        var methods = types.SelectMany(type => type.GetMethods(Declared));
        var engine = typeof(Device).Assembly;
        if (!assemblies.Contains(engine))
            methods = methods.Concat(engine.GetTypes().SelectMany(type => type.GetMethods(Declared)).Where(method => method.IsGenericMethodDefinition));
        var marked = methods
            .Select(method => (Method: method, Mark: method.GetCustomAttribute<SimtKernelAttribute>()))
            .Where(pair => pair.Mark is not null)
            .SelectMany(pair => Closed(pair.Method, types).Select(method => (Method: method, pair.Mark)))
            .ToList();
        var shared = Repeated(marked.Select(pair => ShortName(pair.Method)));
        var overloaded = Repeated(marked.Select(pair => LongName(pair.Method)));
        return [.. marked.Select(pair => new SimtKernel(Name(pair.Method), pair.Method, pair.Mark!)).OrderBy(kernel => kernel.Name, StringComparer.Ordinal)];

        static HashSet<string> Repeated(IEnumerable<string> names) =>
            [.. names.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => group.Key)];

        string Name(MethodInfo method)
        {
            if (!shared.Contains(ShortName(method))) return ShortName(method);
            string name = LongName(method);
            return overloaded.Contains(name) ? $"{name}({string.Join(',', method.GetParameters().Select(parameter => parameter.ParameterType.Name))})" : name;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal KernelSpecialization Specialization => _mark.Specialization;

    // ILGPU chooses the groups of a kernel whose first parameter is an index.
    internal EntryPointDescription EntryPoint =>
        Method.GetParameters() is [var first, ..] && typeof(IIndex).IsAssignableFrom(first.ParameterType)
            ? EntryPointDescription.FromImplicitlyGroupedKernel(Method)
            : EntryPointDescription.FromExplicitlyGroupedKernel(Method);

    /// <summary>The kernel itself; one for each struct that its type parameter takes, if it has one parameter with an interface as its constraint.</summary>
    private static IEnumerable<MethodInfo> Closed(MethodInfo method, Type[] types)
    {
        if (!method.IsGenericMethodDefinition) return [method];
        if (method.GetGenericArguments() is not [var parameter]) return [method];
        Type[] wanted = [.. parameter.GetGenericParameterConstraints().Where(constraint => constraint.IsInterface)];
        return wanted.Length == 0
            ? [method]
            : types.Where(type => type.IsValueType && !type.ContainsGenericParameters && Array.TrueForAll(wanted, each => each.IsAssignableFrom(type)))
                .Select(type => method.MakeGenericMethod(type));
    }

    private static string ShortName(MethodInfo method) => $"{method.DeclaringType!.Name}.{method.Name}{TypeArguments(method)}";

    private static string LongName(MethodInfo method) => $"{method.DeclaringType!.FullName}.{method.Name}{TypeArguments(method)}";

    private static string TypeArguments(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(type => type.Name))}>" : "";
}
