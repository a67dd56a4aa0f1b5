using System.Collections.Immutable;
using Orrery.Validation.Cases;
using Orrery.Validation.Csv;

namespace Orrery.Validation.Transfer;

/// <summary>One published time of a denoising step: a forward pass of a diffusion transformer over one image or clip, shared by all ranks of one chip.</summary>
public sealed record DiffusionCase
{
    public required CaseOrigin Origin { get; init; }

    public required string Chip { get; init; }

    /// <summary>A model of the catalogue; empty where the network cannot be described.</summary>
    public required string ModelConfig { get; init; }

    /// <summary>Pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Pixels.</summary>
    public required int Width { get; init; }

    public required int Frames { get; init; }

    /// <summary>Milliseconds of one step; null is not stated.</summary>
    public double? StepMs { get; init; }

    /// <summary>What was made: the same on every chip.</summary>
    public (string Model, int Height, int Width, int Frames) Work => (ModelConfig, Height, Width, Frames);

    /// <summary>Reads a file with the columns of <c>diffusion-steps.csv</c>, plain or gzip.</summary>
    public static CaseFile<DiffusionCase> Read(string path)
    {
        using CsvReader row = CsvReader.Open(path);
        TextPool texts = new();
        CaseOriginReader origins = new(row, texts);
        int chip = row.RequiredColumn("chip");
        int model = row.RequiredColumn("model_config");
        int height = row.RequiredColumn("height");
        int width = row.RequiredColumn("width");
        int frames = row.RequiredColumn("frames");
        int step = row.RequiredColumn("step_ms");
        ImmutableArray<DiffusionCase>.Builder cases = ImmutableArray.CreateBuilder<DiffusionCase>();
        while (!row.Header.IsEmpty && row.ReadRow())
        {
            int before = row.MistakeCount;
            CaseOrigin? origin = origins.Read();
            if (origin is null)
                continue;
            DiffusionCase read = new()
            {
                Origin = origin,
                Chip = texts.Of(row[chip]),
                ModelConfig = texts.Of(row[model]),
                Height = row.Integer(height, 1) ?? 1,
                Width = row.Integer(width, 1) ?? 1,
                Frames = row.Integer(frames, 1) ?? 1,
                StepMs = row.Positive(step),
            };
            if (row.MistakeCount == before)
                cases.Add(read);
        }

        return new CaseFile<DiffusionCase>(cases.ToImmutable(), row.Diagnostics);
    }
}
