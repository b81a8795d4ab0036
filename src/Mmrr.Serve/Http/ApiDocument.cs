using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Mmrr.Serve.Answers;

namespace Mmrr.Serve.Http;

/// <summary>Marks a path whose body is an image.</summary>
/// <param name="Several">Whether it may also be a form of several images.</param>
internal sealed record ImageBody(bool Several);

/// <summary>What the OpenAPI document says beside the paths.</summary>
internal static class ApiDocument
{
    private static readonly string[] s_types = ["image/png", "image/jpeg", "image/bmp", "image/webp", "image/tiff", "application/octet-stream"];

    /// <summary>Completes the document.</summary>
    public static void Describe(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "mmrr serve",
                Version = "v1",
                Description = "Scores images with trained runs. Where the service has a token, requests carry it: Authorization: Bearer TOKEN.",
            };
            // The addresses that it listens on are not those that it is reached by.
            document.Servers = [new OpenApiServer { Url = "/" }];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                ["token"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(async (operation, context, stop) =>
        {
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<ImageBody>().FirstOrDefault() is not { } body) return;
            var image = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
            var content = s_types.ToDictionary(type => type, _ => new OpenApiMediaType { Schema = image });
            if (body.Several)
            {
                content["multipart/form-data"] = new OpenApiMediaType
                {
                    Schema = new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalProperties = image },
                };
                context.Document!.AddComponent(nameof(ScoresAnswer), await context.GetOrCreateSchemaAsync(typeof(ScoresAnswer), null, stop));
                var answer = operation.Responses!["200"].Content!["application/json"];
                answer.Schema = new OpenApiSchema { OneOf = [answer.Schema!, new OpenApiSchemaReference(nameof(ScoresAnswer), context.Document)] };
            }
            operation.RequestBody = new OpenApiRequestBody { Required = true, Content = content };
        });
    }
}
