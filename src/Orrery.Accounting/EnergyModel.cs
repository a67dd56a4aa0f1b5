using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Accounting;

/// <summary>
/// Activity to power to energy: <c>chip = rated x min(1, idle + sum of share x busy)</c>,
/// <c>facility = (chips + overhead share x rated overhead) x PUE</c>. Shares come from <c>data/power/activity.yaml</c>, all else from the system.
/// </summary>
/// <remarks>
/// Where the file is missing or wrong the model still answers, with every chip at its rated power and the whole overhead, which nothing can
/// exceed, and <see cref="Diagnostics"/> says so.
/// </remarks>
public sealed class EnergyModel
{
    private const string Default = "default";
    private static readonly ImmutableArray<string> MarkWords = ["stated", "reported", "derived", "calibrated", "assumed", "unknown"];

    private readonly ImmutableSortedDictionary<string, ActivityPower> _families;

    private EnergyModel(ImmutableSortedDictionary<string, ActivityPower> families, ImmutableArray<Diagnostic> diagnostics)
    {
        _families = families;
        Diagnostics = diagnostics;
    }

    /// <summary>What is wrong with the data file.</summary>
    public ImmutableArray<Diagnostic> Diagnostics { get; }

    /// <summary>Reads <c>power/activity.yaml</c> of a data folder.</summary>
    public static EnergyModel Open(string dataRoot)
    {
        DiagnosticList diagnostics = new("data/power/activity.yaml");
        return Read(YamlReader.ReadFile(Path.Combine(dataRoot, "power", "activity.yaml"), diagnostics), diagnostics);
    }

    /// <summary>Reads a text.</summary>
    public static EnergyModel Parse(string text, string displayName)
    {
        DiagnosticList diagnostics = new(displayName);
        return Read(YamlReader.Read(text, diagnostics), diagnostics);
    }

    /// <summary>Shares of the chip's family; null where the file has none, not even a default.</summary>
    public ActivityPower? SharesOf(ChipDescription chip) =>
        _families.TryGetValue(chip.Family, out ActivityPower? own) ? own : _families.GetValueOrDefault(Default);

    /// <summary>Mean power of one chip at an activity, never above its rating.</summary>
    public Watts ChipPower(ChipDescription chip, in ChipActivity activity)
    {
        Watts rated = chip.Power.Value;
        if (SharesOf(chip) is not { } shares)
            return rated;
        double share = chip.IdlePowerFraction.Value + (shares.Matrix.Value * activity.Matrix) + (shares.Vector.Value * activity.Vector)
            + (shares.Memory.Value * activity.Memory) + (shares.Link.Value * activity.Link);
        return rated * Math.Min(1, share);
    }

    /// <summary>Energy of <paramref name="chips"/> chips of <paramref name="system"/> at an activity for a time.</summary>
    public EnergyUse Of(SystemDescription system, in ChipActivity activity, int chips, Seconds duration)
    {
        ArgumentNullException.ThrowIfNull(system);
        Watts chip = ChipPower(system.Chip, activity);
        Watts rest = system.OverheadPowerPerChip.Value * (SharesOf(system.Chip)?.Overhead.Value ?? 1);
        Watts information = (chip + rest) * chips;
        Watts facility = information * system.PowerUsageEffectiveness.Value;
        return new EnergyUse(chip * chips * duration, rest * chips * duration, (facility - information) * duration, chip, facility);
    }

    private static EnergyModel Read(YamlNode? root, DiagnosticList diagnostics)
    {
        ImmutableSortedDictionary<string, ActivityPower>.Builder families = ImmutableSortedDictionary.CreateBuilder<string, ActivityPower>(StringComparer.Ordinal);
        if (MappingReader.OfRoot(root, diagnostics) is { } top)
        {
            top.RequiredGroup(Default, "matrix, vector, memory, link and overhead");
            foreach (YamlEntry entry in top.Mapping.Entries)
            {
                if (top.Group(entry.Key.Text) is not { } group)
                    continue;
                families[entry.Key.Text] = new ActivityPower(
                    Share(group, "matrix"), Share(group, "vector"), Share(group, "memory"), Share(group, "link"), Share(group, "overhead"));
                group.Finish();
            }
        }

        if (diagnostics.HasErrors)
            families.Clear();
        return new EnergyModel(families.ToImmutable(), diagnostics.InOrder());
    }

    private static Sourced<double> Share(MappingReader group, string key)
    {
        if (group.RequiredGroup(key, "{value, mark, source, note}") is not { } figure)
            return new(key, [new Reading<double>("", 0, Mark.Unknown, "", "", "")], 0);
        double value = figure.RequiredQuantity("value", QuantityKind.Number, 0, 1);
        Mark mark = (Mark)figure.Word("mark", MarkWords);
        string source = figure.Text("source"), date = figure.Text("date"), note = figure.Text("note");
        if (source.Length == 0 && mark != Mark.Assumed)
            figure.Missing("source", "who says so");
        if (note.Length == 0 && (mark is Mark.Assumed or Mark.Derived))
            figure.Missing("note", "how it was derived, or why it is assumed");
        figure.Finish();
        return new(group.PathOf(key), [new Reading<double>("", value, mark, source, date, note)], 0);
    }
}
