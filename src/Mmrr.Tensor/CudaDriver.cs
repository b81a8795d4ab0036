using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Mmrr;

/// <summary>
/// The state of NVIDIA's driver, queried before a GPU is used: ILGPU alone does not distinguish a missing driver, a broken one and a machine without GPUs.
/// </summary>
/// <param name="Found">Whether the driver's library could be loaded.</param>
/// <param name="Version">The newest CUDA version that it supports, 1000 · major + 10 · minor; 0 if unknown.</param>
/// <param name="InitError">The result of <c>cuInit</c>, 0 for success.</param>
/// <param name="Devices">Number of GPUs that it lists.</param>
internal readonly record struct CudaDriver(bool Found, int Version, int InitError, int Devices)
{
    // The first with PTX 7.0, which supports sm_80 and the copies and matrix products of the kernels.
    private const int MinimumVersion = 11000;

    // Error codes of CUDA's driver interface (cuda.h, CUresult).
    private const int StubLibrary = 34;
    private const int NoDevice = 100;
    private const int SystemNotReady = 802;
    private const int SystemDriverMismatch = 803;
    private const int CompatNotSupported = 804;

    // The name without a version belongs to development packages; ILGPU loads that one, so it is redirected to the other if that fails.
    private static readonly string[] s_names = OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1"];

    static CudaDriver() => AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => name == "cuda" && TryLoad(out nint library) ? library : 0;

    /// <summary>Queries the driver.</summary>
    public static unsafe CudaDriver Probe()
    {
        if (!TryLoad(out nint library)) return default;
        int version = 0, devices = 0;
        if (NativeLibrary.TryGetExport(library, "cuDriverGetVersion", out nint getVersion)) ((delegate* unmanaged<int*, int>)getVersion)(&version);
        int error = NativeLibrary.TryGetExport(library, "cuInit", out nint initialize) ? ((delegate* unmanaged<uint, int>)initialize)(0) : StubLibrary;
        if (error == 0 && NativeLibrary.TryGetExport(library, "cuDeviceGetCount", out nint getCount)) ((delegate* unmanaged<int*, int>)getCount)(&devices);
        return new CudaDriver(true, version, error, devices);
    }

    /// <summary>The reason why the GPU of this index cannot be used, in one line; null if there is none.</summary>
    public string? Refusal(int index)
    {
        if (!Found) return $"there is no NVIDIA driver on this machine ({s_names[0]} is not found)";
        if (InitError == StubLibrary) return $"the {s_names[0]} found is a stub of the CUDA toolkit, not the NVIDIA driver's";
        if (Version is > 0 and < MinimumVersion) return TooOld(MinimumVersion);
        return InitError switch
        {
            0 when Devices == 0 => "the NVIDIA driver finds no GPU",
            0 when index >= Devices => $"this machine has {Devices} CUDA device{(Devices == 1 ? "" : "s")}, numbered from 0",
            0 => null,
            NoDevice => "the NVIDIA driver finds no GPU",
            SystemNotReady => "the NVIDIA driver is not ready yet (CUDA error 802); on machines with NVSwitch the fabric manager must run",
            SystemDriverMismatch =>
                "the NVIDIA driver's library and its kernel module are of different versions (CUDA error 803); restart the machine or reinstall the driver",
            CompatNotSupported =>
                $"the NVIDIA driver is too old for the CUDA compatibility library found before its own (CUDA error 804); "
                + "update it, or remove that library from the search path",
            _ => $"the NVIDIA driver does not start (CUDA error {InitError})",
        };
    }

    /// <summary>The message that a newer driver is needed.</summary>
    /// <param name="needed">The version, encoded like <see cref="Version"/>.</param>
    public string TooOld(int needed) =>
        $"the NVIDIA driver is too old: it runs CUDA {Text(Version)}, and {Text(needed)} or later is needed{(needed <= MinimumVersion ? " (driver 450)" : "")}";

    /// <summary>The reason why a listed GPU could not be opened.</summary>
    /// <param name="error">The error's name in CUDA's driver interface, or its number.</param>
    /// <param name="text">The driver's text for the error.</param>
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
