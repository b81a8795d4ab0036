using ILGPU;

namespace Mmrr;

/// <summary>
/// An ILGPU context that several devices share. It lives as long as the process: under WSL ILGPU tells the runtime where the driver's library is whenever a
/// context takes CUDA devices, and the runtime refuses to be told twice, so that a second context could not be made even after the first is gone. A kernel that
/// does not compile leaves its context unusable for kernels to come; devices that are opened later then get another.
/// </summary>
/// <typeparam name="T">What is found out with the first context and holds for all.</typeparam>
/// <param name="first">Makes the first context.</param>
/// <param name="another">Makes one after the last was given up.</param>
internal sealed class SharedContext<T>(Func<(Context Context, T Found)> first, Func<Context> another)
    where T : class
{
    private readonly Lock _lock = new();
    private Context? _context;
    private T? _found;

    /// <summary>The context, made when it is first asked for, and what was found.</summary>
    public (Context Context, T Found) Get()
    {
        lock (_lock)
        {
            if (_found is null) (_context, _found) = first();
            return (_context ??= another(), _found);
        }
    }

    /// <summary>No device is to be opened with this context any more; those that are go on with it.</summary>
    public void GiveUp(Context context)
    {
        lock (_lock)
        {
            if (_context == context) _context = null;
        }
    }
}
