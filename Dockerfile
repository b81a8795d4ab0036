# A service that scores images over HTTP, mmrr serve, on the small .NET image that has neither a shell nor a package manager; docs/export.md shows how to
# build and run it.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src/ src/
COPY studies/study.schema.json studies/
RUN dotnet publish src/Mmrr.App -c Release -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
WORKDIR /app
COPY --from=build /app ./
# Runs are mounted here, writable for this user where decisions are to be kept beside them.
VOLUME /runs
EXPOSE 5080
USER $APP_UID
# Without a shell nothing here can ask the service how it is; GET /healthz is for what runs the container.
HEALTHCHECK NONE
ENTRYPOINT ["dotnet", "mmrr.dll", "serve", "--urls", "http://0.0.0.0:5080", "--token-file", "/run/secrets/mmrr-token"]
