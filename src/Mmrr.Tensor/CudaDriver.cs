using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Mmrr;

/// <summary>
/// What NVIDIA's driver says of itself, before anything is asked of a card: ILGPU alone tells a missing driver from a broken one no more than from a machine
/// without cards.
/// </summary>
/// <param name="Found">Whether its library could be loaded.</param>
/// <param name="Version">The newest CUDA that it runs, 1000 · major + 10 · minor; 0 where it does not say.</param>
/// <param name="InitError">What <c>cuInit</c> answered, 0 for success.</param>
/// <param name="Devices">Cards that it lists.</param>
internal readonly record struct CudaDriver(bool Found, int Version, int InitError, int Devices)
{
    // The first with PTX 7.0, which knows sm_80, the copies and the matrix products that the kernels ask for.
    private const int MinimumVersion = 11000;

    // Error codes of CUDA's driver interface (cuda.h, CUresult).
    private const int StubLibrary = 34;
    private const int NoDevice = 100;
    private const int SystemNotReady = 802;
    private const int SystemDriverMismatch = 803;
    private const int CompatNotSupported = 804;

    // The name without a version belongs to development packages; ILGPU asks for that one, so it is led to the other where it fails.
    private static readonly string[] s_names = OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1"];

    static CudaDriver() => AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => name == "cuda" && TryLoad(out nint library) ? library : 0;

    /// <summary>Asks it.</summary>
    public static unsafe CudaDriver Probe()
    {
        if (!TryLoad(out nint library)) return default;
        int version = 0, devices = 0;
        if (NativeLibrary.TryGetExport(library, "cuDriverGetVersion", out nint getVersion)) ((delegate* unmanaged<int*, int>)getVersion)(&version);
        int error = NativeLibrary.TryGetExport(library, "cuInit", out nint initialize) ? ((delegate* unmanaged<uint, int>)initialize)(0) : StubLibrary;
        if (error == 0 && NativeLibrary.TryGetExport(library, "cuDeviceGetCount", out nint getCount)) ((delegate* unmanaged<int*, int>)getCount)(&devices);
        return new CudaDriver(true, version, error, devices);
    }

    /// <summary>Why the card of this index cannot be used, in one line; null where nothing speaks against it.</summary>
    public string? Refusal(int index)
    {
        if (!Found) return $"there is no NVIDIA driver on this machine ({s_names[0]} is not found)";
        if (InitError == StubLibrary) return $"the {s_names[0]} that is found is a stub of the CUDA toolkit, not the NVIDIA driver's";
        if (Version is > 0 and < MinimumVersion) return TooOld(MinimumVersion);
        return InitError switch
        {
            0 when Devices == 0 => "the NVIDIA driver finds no GPU",
            0 when index >= Devices => $"this machine has {Devices} CUDA device{(Devices == 1 ? "" : "s")}, numbered from 0",
            0 => null,
            NoDevice => "the NVIDIA driver finds no GPU",
            SystemNotReady => "the NVIDIA driver is not ready yet (CUDA error 802); on machines with NVSwitch the fabric manager must run",
            SystemDriverMismatch =>
                "the NVIDIA driver's library and its kernel module are of different versions (CUDA error 803); restart the machine or install the driver anew",
            CompatNotSupported =>
                $"the NVIDIA driver is too old for the CUDA compatibility library that is found before its own (CUDA error 804); "
                + "update it, or take that library off the search path",
            _ => $"the NVIDIA driver does not start (CUDA error {InitError})",
        };
    }

    /// <summary>That a newer one is needed.</summary>
    /// <param name="needed">In the form of <see cref="Version"/>.</param>
    public string TooOld(int needed) =>
        $"the NVIDIA driver is too old: it runs CUDA {Text(Version)}, and {Text(needed)} or later is needed{(needed <= MinimumVersion ? " (driver 450)" : "")}";

    /// <summary>Why a card that the driver lists could not be opened.</summary>
    /// <param name="error">The error's name in CUDA's driver interface, or its number.</param>
    /// <param name="text">What the driver says to it.</param>
    public static string OpenFailure(string error, string text) => error switch
    {
        "CUDA_ERROR_OUT_OF_MEMORY" or "2" => "its memory is used up by other programs",
        "CUDA_ERROR_DEVICE_UNAVAILABLE" or "46" => "it is reserved for another program (compute mode exclusive or prohibited)",
        "CUDA_ERROR_UNSUPPORTED_PTX_VERSION" or "222" => "the NVIDIA driver is too old for the kernels (CUDA error 222); update it",
        _ => $"the NVIDIA driver refuses it ({error}: {text})",
    };

    private static string Text(int version) => $"{version / 1000}.{version % 1000 / 10}";

    private static bool TryLoad(out nint library)
    {
        foreach (string name in s_names)
        {
            if (NativeLibrary.TryLoad(name, out library)) return true;
        }
        library = 0;
        return false;
    }
}
