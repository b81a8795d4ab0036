namespace Mmrr.Tests;

/// <summary>What is said of a driver or a card that cannot be used: every case, without either.</summary>
public class CudaDriverTests
{
    [Theory]
    [InlineData(false, 0, 0, 0, 0, "no NVIDIA driver on this machine")]
    [InlineData(true, 12040, 100, 0, 0, "finds no GPU")]
    [InlineData(true, 12040, 0, 0, 0, "finds no GPU")]
    [InlineData(true, 10020, 0, 1, 0, "too old: it runs CUDA 10.2, and 11.0 or later is needed (driver 450)")]
    [InlineData(true, 10020, 100, 0, 0, "too old")]
    [InlineData(true, 12040, 0, 1, 1, "this machine has 1 CUDA device, numbered from 0")]
    [InlineData(true, 12040, 0, 8, 9, "this machine has 8 CUDA devices, numbered from 0")]
    [InlineData(true, 12040, 34, 0, 0, "a stub of the CUDA toolkit")]
    [InlineData(true, 12040, 802, 0, 0, "not ready")]
    [InlineData(true, 12040, 803, 0, 0, "of different versions")]
    [InlineData(true, 12040, 804, 0, 0, "too old for the CUDA compatibility library")]
    [InlineData(true, 12040, 999, 0, 0, "does not start (CUDA error 999)")]
    public void A_refusal_is_one_line_that_says_why(bool found, int version, int error, int devices, int index, string words)
    {
        string? refusal = new CudaDriver(found, version, error, devices).Refusal(index);
        Assert.NotNull(refusal);
        Assert.Contains(words, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal);
    }

    [Theory]
    [InlineData(11000, 1, 0)]
    [InlineData(13000, 8, 7)]
    public void A_driver_that_will_do_is_not_refused(int version, int devices, int index) =>
        Assert.Null(new CudaDriver(true, version, 0, devices).Refusal(index));

    [Theory]
    [InlineData("CUDA_ERROR_OUT_OF_MEMORY", "used up by other programs")]
    [InlineData("46", "reserved for another program")]
    [InlineData("222", "too old for the kernels")]
    [InlineData("719", "refuses it (719: unspecified launch failure)")]
    public void A_card_that_does_not_open_is_told_why(string error, string words) =>
        Assert.Contains(words, CudaDriver.OpenFailure(error, "unspecified launch failure"), StringComparison.Ordinal);

    [Fact]
    public void A_newer_card_names_the_driver_that_it_needs() =>
        Assert.Contains("runs CUDA 11.0, and 11.8 or later is needed", new CudaDriver(true, 11000, 0, 1).TooOld(11080), StringComparison.Ordinal);

    [Fact]
    public void This_machines_driver_is_probed_without_a_failure()
    {
        var driver = CudaDriver.Probe();
        Assert.Equal(driver.Refusal(0) is null, driver is { Found: true, InitError: 0, Devices: > 0, Version: >= 11000 });
    }
}
