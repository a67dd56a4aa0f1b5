using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Validation.Prediction;

/// <summary>What single cases state beyond the common columns (their own network, features named in notes), from <c>data/validation/case-details.yaml</c>.</summary>
public sealed class CaseDetails
{
    private static readonly ImmutableArray<string> FeatureWords = ["overlapped-tensor-parallel", "dropped-tokens"];
    private readonly ImmutableSortedDictionary<string, BytesPerSecond> perServer;
    private readonly ImmutableArray<(string Stack, string Words, CaseFeature Means)> features;

    private CaseDetails(ImmutableSortedDictionary<string, BytesPerSecond> perServer, ImmutableArray<(string Stack, string Words, CaseFeature Means)> features)
    {
        this.perServer = perServer;
        this.features = features;
    }

    /// <summary>Reads the table; a broken one is diagnostics and no readings.</summary>
    public static Result<CaseDetails> Load(string dataRoot)
    {
        string path = Path.Combine(dataRoot, "validation", "case-details.yaml");
        var list = new DiagnosticList("data/validation/case-details.yaml");
        MappingReader? top = MappingReader.OfRoot(YamlReader.ReadFile(path, list), list);
        var readings = ImmutableSortedDictionary.CreateBuilder<string, BytesPerSecond>(StringComparer.Ordinal);
        ImmutableArray<(string, string, CaseFeature)>.Builder found = ImmutableArray.CreateBuilder<(string, string, CaseFeature)>();
        if (top is not null)
        {
            foreach (MappingReader one in top.Groups("networks"))
            {
                readings[one.RequiredText("printed", "the source's words")] = new BytesPerSecond(one.RequiredQuantity("perServer", QuantityKind.DataRate, 1e6, 1e15));
                one.Finish();
            }

            foreach (MappingReader one in top.Groups("features"))
            {
                var means = (CaseFeature)one.Word("means", FeatureWords);
                found.Add((one.RequiredText("stack", "a stack name or a pattern ending in *"), one.RequiredText("words", "words of the notes"), means));
                one.Finish();
            }

            top.Finish();
        }

        return new Result<CaseDetails>(list.HasErrors ? null : new CaseDetails(readings.ToImmutable(), found.ToImmutable()), list.InOrder());
    }

    /// <summary>True when the notes of a case under <paramref name="stack"/> say that its plan has <paramref name="feature"/>.</summary>
    public bool Says(CaseFeature feature, string stack, string notes)
    {
        foreach ((string pattern, string words, CaseFeature means) in features)
        {
            bool isStack = pattern.EndsWith('*') ? stack.StartsWith(pattern[..^1], StringComparison.Ordinal) : stack == pattern;
            if (means == feature && isStack && notes.Contains(words, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    /// <summary><paramref name="system"/> with the network that <paramref name="printed"/> names, or unchanged.</summary>
    public SystemDescription Apply(SystemDescription system, string printed)
    {
        if (!perServer.TryGetValue(printed, out BytesPerSecond rate))
            return system;
        LevelDescription outer = system.Levels[^1];
        var reading = new Reading<BytesPerSecond>("case", rate / system.ChipsPerServer, Mark.Stated, printed, "", "the case's own network");
        return system with
        {
            Levels = system.Levels.SetItem(system.Levels.Length - 1, outer with { BandwidthPerChip = new Sourced<BytesPerSecond>(outer.BandwidthPerChip.Key, [reading], 0) }),
        };
    }
}
