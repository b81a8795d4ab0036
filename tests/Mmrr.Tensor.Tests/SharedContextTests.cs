using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using Mmrr.Ptx;

namespace Mmrr.Tests;

/// <summary>One ILGPU context for several devices.</summary>
public class SharedContextTests
{
    [Fact]
    public void A_context_is_made_once_and_another_after_it_was_given_up()
    {
        int first = 0, another = 0;
        var shared = new SharedContext<string>(() => (Make(ref first), "found"), () => Make(ref another));
        using var one = shared.Get().Context;
        Assert.Same(one, shared.Get().Context);
        shared.GiveUp(one);
        using var two = shared.Get().Context;
        Assert.NotSame(one, two);
        shared.GiveUp(one); // it was given up before
        Assert.Equal((two, "found"), shared.Get());
        Assert.Equal((1, 1), (first, another));

        static Context Make(ref int times)
        {
            times++;
            return Context.Create(builder => builder.CPU());
        }
    }

    [Fact]
    public void A_context_that_could_not_be_made_is_tried_again()
    {
        int tries = 0;
        var shared = new SharedContext<string>(
            () => ++tries == 1 ? throw new InvalidOperationException("no") : (Context.Create(builder => builder.CPU()), "yes"),
            () => throw new InvalidOperationException("asked for another"));
        Assert.Throws<InvalidOperationException>(() => shared.Get());
        using var context = shared.Get().Context;
        Assert.Same(context, shared.Get().Context);
    }

    [Fact]
    public void Two_accelerators_of_one_context_compile_and_end_by_themselves()
    {
        using var context = Context.Create(builder => builder.CPU(new CPUDevice(2, 1, 1)));
        var device = context.GetDevice<CPUDevice>(0);
        using var stays = device.CreateCPUAccelerator(context);
        using (var goes = device.CreateCPUAccelerator(context))
        {
            using var memory = goes.Allocate1D<float>(2);
            goes.LoadStreamKernel<ArrayView<float>, float>(Set)(new KernelConfig(1, 2), memory.View, 3);
            goes.Synchronize();
            Assert.Equal([3, 3], memory.GetAsArray1D());
        }
        using var more = stays.Allocate1D<float>(2);
        stays.LoadStreamKernel<ArrayView<float>, float>(Set)(new KernelConfig(1, 2), more.View, 4);
        stays.Synchronize();
        Assert.Equal([4, 4], more.GetAsArray1D());
    }

    [Fact]
    public void Two_compilers_work_side_by_side()
    {
        var kernel = SimtKernel.Own.First(found => found.Name == "Elementwise.FillKernel");
        using PtxCompiler first = new(Multiprocessor.Of(80)), second = new(Multiprocessor.Of(90));
        Assert.Contains("FillKernel(", first.Compile(kernel), StringComparison.Ordinal);
        Assert.Contains("FillKernel(", second.Compile(kernel), StringComparison.Ordinal);
        string[] both = ["", ""];
        Parallel.Invoke(() => both[0] = first.Compile(kernel), () => both[1] = second.Compile(kernel));
        Assert.All(both, ptx => Assert.Contains("FillKernel(", ptx, StringComparison.Ordinal));
    }

    private static void Set(ArrayView<float> values, float value) => values[Group.IdxX] = value;
}
