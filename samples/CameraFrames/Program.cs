// Two cameras, each with a thread and a buffer of its own, and one scorer for both:  CameraFrames RUN [FRAMES]
// A camera writes its frames into the same memory again and again, rows padded to 64 bytes, one camera grey and one BGR. Score reads that memory where it lies.
// Calls from several threads take turns on the device; conversion and resizing run side by side.
using System.Diagnostics;
using Mmrr.Nn;
using Mmrr.Samples;

using var scorer = Scorer.Load(args[0]);
int frames = args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 20;
var clock = Stopwatch.StartNew();
Thread[] threads = [Start(new Camera("grey", 480, 650, PixelFormat.Grey8)), Start(new Camera("colour", 600, 801, PixelFormat.Bgr24))];
foreach (var thread in threads) thread.Join();
Console.WriteLine($"{2 * frames} frames in {clock.Elapsed.TotalSeconds:F1} s");

Thread Start(Camera camera)
{
    var thread = new Thread(() =>
    {
        double highest = double.NegativeInfinity;
        for (int i = 0; i < frames; i++)
        {
            camera.Capture();
            var frame = new ImageFrame(camera.Buffer, camera.Height, camera.Width, camera.Format, camera.Stride);
            highest = Math.Max(highest, scorer.Score(frame, map: false).Score);
        }
        Console.WriteLine($"{camera.Name}: {frames} frames of {camera.Width} x {camera.Height}, stride {camera.Stride}; the highest score is {highest:F3}");
    });
    thread.Start();
    return thread;
}
