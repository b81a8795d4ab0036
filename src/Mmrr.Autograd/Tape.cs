namespace Mmrr.Autograd;

/// <summary>The order of recording and the backward traversal.</summary>
internal static class Tape
{
    private static long s_number;

    [ThreadStatic]
    private static int s_paused;

    public static bool Recording => s_paused == 0;

    public static long NextNumber() => Interlocked.Increment(ref s_number);

    public static void Pause() => s_paused++;

    public static void Resume() => s_paused--;

    /// <summary>Runs every operation behind the output in reverse order of recording: all readers of a variable run before its producer.</summary>
    public static void Backward(Variable output, Tensor outputGradient)
    {
        var operations = Reachable(output);
        try
        {
            output.Accumulate(outputGradient.Share());
            foreach (var operation in operations) operation.RunBackward();
        }
        finally
        {
            foreach (var operation in operations) operation.Drop();
        }
    }

    private static List<Operation> Reachable(Variable output)
    {
        var seen = new HashSet<Operation>();
        var pending = new Stack<Operation>();
        if (output.Producer is { } last) pending.Push(last);
        while (pending.TryPop(out var operation))
        {
            if (!seen.Add(operation)) continue;
            if (operation.Dropped)
            {
                throw new InvalidOperationException($"Backward: it has already run through {operation.Name}, whose saved tensors are freed; run forward again");
            }
            foreach (var producer in operation.Producers) pending.Push(producer);
        }
        return [.. seen.OrderByDescending(operation => operation.Number)];
    }
}
