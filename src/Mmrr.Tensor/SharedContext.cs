using ILGPU;

namespace Mmrr;

/// <summary>
/// An ILGPU context that several devices share. It lives as long as the process: under WSL ILGPU registers a resolver for the driver's library with the
/// runtime whenever a context uses CUDA devices, and the runtime rejects a second registration, so that a second context could not be created even after
/// the first is gone. A kernel that does not compile leaves its context unusable for later kernels; devices opened later then get a new one.
/// </summary>
/// <typeparam name="T">Information found with the first context and valid for all.</typeparam>
/// <param name="first">Creates the first context.</param>
/// <param name="another">Creates a context after the last was given up.</param>
internal sealed class SharedContext<T>(Func<(Context Context, T Found)> first, Func<Context> another)
    where T : class
{
    private readonly Lock _lock = new();
    private Context? _context;
    private T? _found;

    /// <summary>The context, created on first use, and the information found.</summary>
    public (Context Context, T Found) Get()
    {
        lock (_lock)
        {
            if (_found is null) (_context, _found) = first();
            return (_context ??= another(), _found);
        }
    }

    /// <summary>Prevents new devices from using this context; open ones continue to use it.</summary>
    public void GiveUp(Context context)
    {
        lock (_lock)
        {
            if (_context == context) _context = null;
        }
    }
}
