using Orrery.Catalog.Yaml;

namespace Orrery.Catalog.Loading;

/// <summary>
/// What <c>--assume KEY=READING</c> asked for. A key names one figure (<c>trainium3.memoryBandwidth</c>), or with a star all contested figures
/// of a chip or system that know the reading (<c>trn3-gen2.*</c>).
/// </summary>
internal sealed class AssumptionSet
{
    /// <summary>What diagnostics call the place the assumptions came from.</summary>
    public const string File = "--assume";

    private readonly Dictionary<string, string> wanted = new(StringComparer.Ordinal);
    private readonly List<string> keys = [];

    public AssumptionSet(IReadOnlyDictionary<string, string>? assumptions)
    {
        if (assumptions is null || assumptions.Count == 0)
        {
            return;
        }

        foreach ((string key, string reading) in assumptions)
        {
            wanted[key] = reading;
        }

        keys.AddRange(wanted.Keys);
        keys.Sort(StringComparer.Ordinal);
    }

    /// <summary>Sorted, so that complaints come in one order.</summary>
    public IReadOnlyList<string> Keys => keys;

    /// <summary>The reading asked for by name for this figure; null where none was.</summary>
    public string? Exactly(string key) => wanted.GetValueOrDefault(key);

    /// <summary>The reading asked for all of a subject's figures; null where none was.</summary>
    public string? ForAllOf(string subject) => wanted.GetValueOrDefault(subject + ".*");

    /// <summary>Complains about assumptions on this subject that no figure took.</summary>
    /// <param name="figures">All figures of the subject, in file order.</param>
    /// <param name="starTaken">Whether any figure took the reading asked for with a star.</param>
    public void Check(string subject, IReadOnlyList<Sourced<string>> figures, DiagnosticList diagnostics, bool starTaken)
    {
        foreach (string key in keys)
        {
            string reading = wanted[key];
            if (!key.StartsWith(subject + ".", StringComparison.Ordinal))
            {
                continue;
            }

            List<string> contested = [];
            bool found = false;
            foreach (Sourced<string> figure in figures)
            {
                found |= figure.Key == key;
                if (figure.IsContested)
                {
                    contested.Add(figure.Key);
                }
            }

            if (key == subject + ".*")
            {
                if (!starTaken)
                {
                    diagnostics.AddRange([new(Severity.Error, DiagnosticCode.UnknownReading, File, 0, 0, $"no figure of '{subject}' has a reading '{reading}'")]);
                }
            }
            else if (!found)
            {
                string choices = contested.Count == 0 ? $"'{subject}' has no figure with several readings" : Suggestion.Of(key, contested);
                diagnostics.AddRange([new(Severity.Error, DiagnosticCode.UnknownAssumption, File, 0, 0, $"there is no figure '{key}'; {choices}")]);
            }
        }
    }
}
