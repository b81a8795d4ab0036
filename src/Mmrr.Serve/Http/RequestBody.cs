using System.Buffers;
using System.Text;
using Mmrr.Serve.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Mmrr.Serve.Http;

/// <summary>A file that came with a request.</summary>
/// <param name="Name">Its name; null where it has none.</param>
/// <param name="Bytes">Its bytes.</param>
internal sealed record SentFile(string? Name, byte[] Bytes);

/// <summary>Reads the files of a request, bounded in size, time and memory.</summary>
internal static class RequestBody
{
    private const int Chunk = 64 * 1024;
    private const int MostName = 255;

    /// <summary>Reads a body: one file, or the files of a form (<c>multipart/form-data</c>).</summary>
    /// <param name="request">The request.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="share">The files' share of the memory.</param>
    /// <exception cref="RefusedException">The body is too large, too slow, empty or not as expected.</exception>
    public static async Task<List<SentFile>> Read(HttpRequest request, ServiceLimits limits, Room.Share share)
    {
        if (request.ContentLength > limits.BodyBytes) throw TooLarge(limits);
        using var slow = CancellationTokenSource.CreateLinkedTokenSource(request.HttpContext.RequestAborted);
        slow.CancelAfter(limits.BodyTime);
        try
        {
            if (MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
                && type.MediaType.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase))
                return await ReadForm(request, type, limits, share, slow.Token);
            byte[] file = await ReadAll(request.Body, limits, share, slow.Token);
            return file.Length > 0 ? [new SentFile(null, file)] : throw new RefusedException(400, "an empty body; expected an image");
        }
        // Not where the client has gone, of which the body may tell before the request does.
        catch (OperationCanceledException) when (slow.IsCancellationRequested && !request.HttpContext.RequestAborted.IsCancellationRequested)
        {
            throw new RefusedException(408, $"the body did not arrive within {limits.BodyTime.TotalSeconds} s");
        }
        catch (BadHttpRequestException e)
        {
            throw e.StatusCode == 413 ? TooLarge(limits) : new RefusedException(e.StatusCode, e.Message);
        }
    }

    private static async Task<List<SentFile>> ReadForm(
        HttpRequest request, MediaTypeHeaderValue type, ServiceLimits limits, Room.Share share, CancellationToken stop)
    {
        if (!type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            throw new RefusedException(415, $"a body of {type.MediaType}; expected an image, or multipart/form-data");
        string boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length is 0 or > 200) throw new RefusedException(400, "multipart/form-data without a boundary");
        var reader = new MultipartReader(boundary, request.Body) { HeadersCountLimit = 16, HeadersLengthLimit = 4096, BodyLengthLimit = limits.BodyBytes };
        var files = new List<SentFile>();
        try
        {
            while (await reader.ReadNextSectionAsync(stop) is { } section)
            {
                byte[] bytes = await ReadAll(section.Body, limits, share, stop);
                if (files.Count == limits.Queue) throw new RefusedException(413, $"more than {limits.Queue} images; send them in several requests");
                files.Add(new SentFile(NameOf(section), bytes));
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw new RefusedException(400, $"not a complete multipart/form-data: {e.Message.ReplaceLineEndings(" ")}");
        }
        return files.Count > 0 ? files : throw new RefusedException(400, "multipart/form-data without a part; expected an image in each part");
    }

    private static string? NameOf(MultipartSection section)
    {
        if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)) return null;
        var name = disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName.HasValue ? disposition.FileName : disposition.Name;
        return CleanName(HeaderUtilities.RemoveQuotes(name).ToString());
    }

    /// <summary>A client's name for an image, without control characters and of a bounded length; null where nothing is left.</summary>
    public static string? CleanName(string? name)
    {
        var characters = (name ?? "").EnumerateRunes().Where(c => !Rune.IsControl(c) && c != Rune.ReplacementChar).Take(MostName);
        return string.Concat(characters) is { Length: > 0 } text ? text : null;
    }

    private static async Task<byte[]> ReadAll(Stream body, ServiceLimits limits, Room.Share share, CancellationToken stop)
    {
        // Memory is taken as bytes arrive: a length that a client only announces takes none.
        using var all = new MemoryStream();
        byte[] chunk = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            while (await body.ReadAsync(chunk, stop) is > 0 and var count)
            {
                if (all.Length + count > limits.BodyBytes) throw TooLarge(limits);
                if (!share.TryGrow(count)) throw RefusedException.Busy("the memory for images is full");
                all.Write(chunk, 0, count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
        return all.ToArray();
    }

    private static RefusedException TooLarge(ServiceLimits limits) => new(413, $"a body of more than {limits.BodyBytes} bytes");
}
