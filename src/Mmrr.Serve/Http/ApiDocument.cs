using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Mmrr.Serve.Answers;

namespace Mmrr.Serve.Http;

/// <summary>Marks a path whose body is an image.</summary>
/// <param name="Several">Whether it may also be a form of several images.</param>
internal sealed record ImageBody(bool Several)
{
    /// <summary>The types of a body; the service itself looks at the bytes alone.</summary>
    public static readonly string[] Types = ["image/png", "image/jpeg", "image/bmp", "image/webp", "image/tiff", "application/octet-stream"];
}

/// <summary>Marks a path whose answer is a picture.</summary>
/// <param name="Types">Its possible types.</param>
internal sealed record PictureAnswer(string[] Types);

/// <summary>What the OpenAPI document says beside the paths.</summary>
internal static class ApiDocument
{
    private const string Token = "token";
    private const string Json = "application/json";

    /// <summary>Completes the document.</summary>
    /// <param name="options">The document.</param>
    /// <param name="hasToken">Whether requests need the token.</param>
    public static void Describe(OpenApiOptions options, bool hasToken)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "mmrr serve", Version = "v1", Description = "Scores images with trained runs." };
            // The addresses that it listens on are not those that it is reached by.
            document.Servers = [new OpenApiServer { Url = "/" }];
            if (!hasToken) return Task.CompletedTask;
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Token] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" },
            };
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            // The library would say that such a number is an object.
            var type = context.JsonTypeInfo.Type;
            var number = Nullable.GetUnderlyingType(type) ?? type;
            if (number != typeof(double) && number != typeof(float)) return Task.CompletedTask;
            schema.Type = null;
            schema.AnyOf =
            [
                new OpenApiSchema { Type = JsonSchemaType.Number },
                new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["NaN", "Infinity", "-Infinity"] },
                .. number == type ? Array.Empty<IOpenApiSchema>() : [new OpenApiSchema { Type = JsonSchemaType.Null }],
            ];
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(async (operation, context, stop) =>
        {
            var marks = context.Description.ActionDescriptor.EndpointMetadata;
            if (marks.OfType<ImageBody>().FirstOrDefault() is { } body) await DescribeBody(operation, body, context, stop);
            if (marks.OfType<PictureAnswer>().FirstOrDefault() is { } picture)
                (operation.Responses ??= [])["200"] = new OpenApiResponse { Description = "The picture", Content = Binary(picture.Types) };
            if (hasToken && TokenCheck.NeedsToken($"/{context.Description.RelativePath}"))
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Token, context.Document)] = [] }];
        });
    }

    private static async Task DescribeBody(OpenApiOperation operation, ImageBody body, OpenApiOperationTransformerContext context, CancellationToken stop)
    {
        var content = Binary(ImageBody.Types);
        if (body.Several)
        {
            content["multipart/form-data"] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalProperties = Bytes() },
            };
            const string Name = nameof(ScoresAnswer);
            context.Document!.AddComponent(Name, await context.GetOrCreateSchemaAsync(typeof(ScoresAnswer), null, stop));
            var scored = operation.Responses!["200"].Content![Json];
            scored.Schema = new OpenApiSchema { OneOf = [scored.Schema!, new OpenApiSchemaReference(Name, context.Document)] };
        }
        operation.RequestBody = new OpenApiRequestBody { Required = true, Content = content };
    }

    private static Dictionary<string, OpenApiMediaType> Binary(string[] types) =>
        types.ToDictionary(type => type, _ => new OpenApiMediaType { Schema = Bytes() });

    private static OpenApiSchema Bytes() => new() { Type = JsonSchemaType.String, Format = "binary" };
}
