using k8s;
using k8s.Models;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Program;
using Mmrr.Study.Clusters;
using Xunit;
using YamlDotNet.Core;

namespace Mmrr.App.Tests.Studies;

/// <summary>What is handed to clusters.</summary>
[Collection(OutsideTests.Name)]
public sealed class SubmitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("0", 0)]
    [InlineData("0-3", 0, 1, 2, 3)]
    [InlineData("1,3-4,7", 1, 3, 4, 7)]
    public void RangesOfAnArray(string expected, params int[] indices) => Assert.Equal(expected, SlurmScript.Ranges(indices));

    [Fact]
    public void ASlurmArray()
    {
        string study = SmallStudy.Write(_folder, SmallStudy.Text(), "a study.yaml");
        string[] lines = SmallStudy.Run(
            _folder, study, "submit", "--slurm", "--dry-run", "--partition", "gpu", "--gpus", "1", "--cpus", "4", "--at-once", "3", "--container", "mmrr.sif",
            "--tool", "dotnet mmrr.dll").Ends(0).OutputLines;
        Assert.Equal("#!/bin/bash", lines[0]);
        foreach (string option in new[]
        {
            // Twice 0.1 minutes and ten, rounded up.
            "--job-name=small", "--array=0-11%3", "--requeue", "--time=00:11:00", "--cpus-per-task=4", "--partition=gpu", "--gres=gpu:1", "--ntasks=1"
        })
            Assert.Contains($"#SBATCH {option}", lines);
        Assert.Equal(
            $"exec apptainer exec --nv mmrr.sif dotnet mmrr.dll study '{study}' run --out {_folder["out"]} --root {_folder.Path} --device cuda "
            + "--index \"$SLURM_ARRAY_TASK_ID\"",
            lines[^1]);
        Assert.False(Directory.Exists(_folder["out"]));
        Assert.Contains("#SBATCH --time=03:20:00", SmallStudy.Run(_folder, study, "submit", "--slurm", "--dry-run", "--time", "200").Ends(0).OutputLines);
    }

    [Fact]
    public void OddPathsStayWords()
    {
        string study = SmallStudy.Write(_folder, SmallStudy.Text(), "it's; $(touch x).yaml"), output = _folder["100%A"];
        string[] lines = MmrrProgram.Run(
            "study", study, "submit", "--slurm", "--dry-run", "--out", output, "--root", _folder["a b"], "--partition", "a b;c",
            "--tool", "\"/opt/my tools/mmrr\" --x").Ends(0).OutputLines;
        // Slurm replaces %A, and %% by %.
        Assert.Contains($"#SBATCH --output={output.Replace("%", "%%", StringComparison.Ordinal)}/logs/slurm-%A_%a.txt", lines);
        Assert.Contains("#SBATCH --partition='a b;c'", lines);
        Assert.StartsWith("exec '/opt/my tools/mmrr' --x study '", lines[^1], StringComparison.Ordinal);
        Assert.Contains("it'\\''s; $(touch x).yaml' run --out ", lines[^1], StringComparison.Ordinal);
        foreach (string option in new[] { "--out", "--root", "--partition", "--tool", "--container" })
            MmrrProgram.Run("study", study, "submit", "--slurm", "--dry-run", option, "a\nrm -r b").Refuses("a\\nrm -r b: a control character");
    }

    [Fact]
    public void WithoutSlurmTheScriptIsWrittenAndTheReasonTold()
    {
        string study = SmallStudy.Write(_folder, SmallStudy.Text());
        // A folder of programs without sbatch.
        var outcome = MmrrProcess.Run(
            new Dictionary<string, string> { ["PATH"] = _folder.Path }, ["study", study, "submit", "--slurm", .. SmallStudy.Places(_folder, "submit")]);
        outcome.Refuses("sbatch: not found", "slurm.sh");
        Assert.StartsWith("#!/bin/bash\n", File.ReadAllText(_folder["out/small/slurm.sh"]), StringComparison.Ordinal);
    }

    [Fact]
    public void AnIndexedJobFitsThePublishedSchema()
    {
        string study = SmallStudy.Write(_folder, SmallStudy.Text());
        string[] options = ["submit", "--kubernetes", "--container", "registry/mmrr:1", "--volume", $"shared:{_folder.Path}"];
        string manifest = SmallStudy.Run(_folder, study, options[0], [.. options[1..], "--gpus", "1", "--dry-run"]).Ends(0).Output;
        // The client's types are generated from the OpenAPI document that Kubernetes publishes; strict: no field that they do not have.
        var job = KubernetesYaml.Deserialize<V1Job>(manifest, strict: true);
        Assert.Equal(($"{V1Job.KubeGroup}/{V1Job.KubeApiVersion}", V1Job.KubeKind), (job.ApiVersion, job.Kind));
        Assert.Equal(("small", "Indexed", 12, 12), (job.Metadata.Name, job.Spec.CompletionMode, job.Spec.Completions, job.Spec.Parallelism));
        Assert.True(job.Spec.BackoffLimitPerIndex > 0);
        var pod = job.Spec.Template.Spec;
        // What an Indexed Job must have by the API's description.
        Assert.Equal("Never", pod.RestartPolicy);
        Assert.True(pod.ActiveDeadlineSeconds > 0);
        var container = Assert.Single(pod.Containers);
        Assert.Equal("registry/mmrr:1", container.Image);
        Assert.Equal(["--index", "$(JOB_COMPLETION_INDEX)"], container.Command.TakeLast(2));
        Assert.Equal("1", container.Resources.Limits["nvidia.com/gpu"].ToString());
        var (volume, mount) = (Assert.Single(pod.Volumes), Assert.Single(container.VolumeMounts));
        Assert.Equal(("shared", volume.Name, _folder.Path), (volume.PersistentVolumeClaim.ClaimName, mount.Name, mount.MountPath));
        // The check notices what the schema does not have, and values of another type.
        foreach (var (right, wrong) in new[]
        {
            ("completions:", "completion:"), ("restartPolicy:", "restart:"), ("mountPath:", "path:"), ("parallelism: 12", "parallelism: many")
        })
        {
            Assert.Contains(right, manifest, StringComparison.Ordinal);
            string broken = manifest.Replace(right, wrong, StringComparison.Ordinal);
            Assert.Throws<YamlException>(() => KubernetesYaml.Deserialize<V1Job>(broken, strict: true));
        }

        Assert.Contains("kubectl apply -f", SmallStudy.Run(_folder, study, options[0], options[1..]).Ends(0).Output, StringComparison.Ordinal);
        Assert.Contains("completionMode: Indexed", File.ReadAllText(_folder["out/small/job.yaml"]), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatAClusterNeedsIsAskedFor()
    {
        string study = SmallStudy.Write(_folder, SmallStudy.Text());
        Outcome Submit(params string[] options) => SmallStudy.Run(_folder, study, "submit", [.. options, "--dry-run"]);
        Submit("--kubernetes").Refuses("--kubernetes needs --container IMAGE");
        Submit("--kubernetes", "--container", "i").Refuses("--kubernetes needs --volume CLAIM:PATH");
        Submit("--kubernetes", "--container", "i", "--volume", "shared").Refuses("--volume CLAIM:PATH", "got shared");
        Submit("--kubernetes", "--container", "i", "--volume", "shared:/elsewhere").Refuses("not below /elsewhere");
        Submit("--kubernetes", "--container", "i", "--volume", "Shared_1:/elsewhere").Refuses("the claim is 'Shared_1', expected lower-case letters");
        Submit("--kubernetes", "--container", "i", "--volume", "a:/").Refuses("the path is '/'");
        Submit("--kubernetes", "--container", "i", "--volume", "a:/b:/c").Refuses("the path is '/b:/c'");
        string name = new('n', 61);
        string longer = SmallStudy.Write(_folder, SmallStudy.Text().Replace("study: small", $"study: {name}", StringComparison.Ordinal), "longer.yaml");
        SmallStudy.Run(_folder, longer, "submit", "--kubernetes", "--container", "i", "--volume", $"a:{_folder.Path}", "--dry-run")
            .Refuses("the name of the study has 61 characters, too many for Kubernetes");
        string dollar = SmallStudy.Write(_folder, SmallStudy.Text(), "$(HOME).yaml");
        Assert.Contains(
            "/$$(HOME).yaml",
            SmallStudy.Run(_folder, dollar, "submit", "--kubernetes", "--container", "i", "--volume", $"a:{_folder.Path}", "--dry-run").Ends(0).Output,
            StringComparison.Ordinal);
        Submit("--kubernetes", "--container", "i", "--partition", "p").Refuses("--partition belongs to --slurm");
        Submit("--slurm", "--volume", "a:/b").Refuses("--volume belongs to --kubernetes");
        Submit("--slurm", "--kubernetes").Refuses("either --slurm or --kubernetes");
    }
}
