namespace Mmrr.Bench;

/// <summary>So many elements; the bytes and operations of each by method.</summary>
public sealed class Elements(int count, Func<string, Work> each) : IWorkload
{
    public int Count => count;

    public Work Of(string method)
    {
        var one = each(method);
        return new Work(one.Operations * count, one.Bytes * count);
    }

    public override string ToString() => $"{count}";
}
