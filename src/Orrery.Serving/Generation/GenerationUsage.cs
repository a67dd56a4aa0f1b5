using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;

namespace Orrery.Serving;

/// <summary>What a generator makes when nobody says, from <c>data/workloads/generation.yaml</c>.</summary>
/// <param name="Size">Height by width in pixels.</param>
/// <param name="Frames">Frames of a clip; 1 is an image.</param>
/// <param name="Steps">Denoising steps.</param>
/// <param name="Passes">Sequences of one job in a pass.</param>
/// <param name="Source">Who says so.</param>
public sealed record GenerationUsage(string Size, int Frames, int Steps, int Passes, string Source)
{
    private static readonly ImmutableArray<string> MarkWords = ["stated", "reported", "derived", "calibrated", "assumed"];

    /// <summary>The usual job of a model, null without diagnostics where the file does not know it; and the stacks whose passes are held to published ones.</summary>
    public static (Result<GenerationUsage> Usage, ImmutableArray<string> HeldStacks) Of(string model, string dataRoot)
    {
        DiagnosticList diagnostics = new("data/workloads/generation.yaml");
        GenerationUsage? found = null;
        ImmutableArray<string> held = [];
        if (MappingReader.OfRoot(YamlReader.ReadFile(Path.Combine(dataRoot, "workloads", "generation.yaml"), diagnostics), diagnostics) is { } top)
        {
            held = top.Words("heldStacks");
            if (top.RequiredGroup("models", "usual jobs by model") is { } models)
                found = Find(models, model);
            top.Finish();
        }

        return (new(diagnostics.HasErrors ? null : found, diagnostics.InOrder()), held);
    }

    private static GenerationUsage? Find(MappingReader models, string model)
    {
        GenerationUsage? found = null;
        foreach (YamlEntry entry in models.Mapping.Entries)
        {
            if (models.Group(entry.Key.Text) is not { } job)
                continue;
            GenerationUsage usage = new(
                job.RequiredText("size", "height by width in pixels"), job.Integer("frames", 1, 1 << 20, null), job.Integer("steps", 1, 1 << 20, null), job.Integer("passes", 1, 2, null),
                job.RequiredText("source", "who says so"));
            job.Word("mark", MarkWords);
            job.Finish();
            if (string.Equals(entry.Key.Text, model, StringComparison.OrdinalIgnoreCase))
                found = usage;
        }

        return found;
    }
}
