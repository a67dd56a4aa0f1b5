using System.Collections.Immutable;
using System.Globalization;

namespace Orrery.Interchange.Launch;

/// <summary>Gathers the arguments of one plan, in order, and what they leave out.</summary>
public sealed class LaunchWriter
{
    private readonly List<KeyValuePair<string, string>> arguments = [];
    private readonly List<LaunchGap> gaps = [];
    private readonly List<string> remarks = [];

    public IReadOnlyList<KeyValuePair<string, string>> Arguments => arguments;

    public IReadOnlyList<LaunchGap> Gaps => gaps;

    public IReadOnlyList<string> Remarks => remarks;

    /// <summary>An argument without a value.</summary>
    public void Switch(string key) => arguments.Add(new(key, ""));

    public void Add(string key, string value) => arguments.Add(new(key, value));

    public void Add(string key, long value) => Add(key, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>The framework cannot state this entry of the plan.</summary>
    public void Gap(string entry, string message) => gaps.Add(new(entry, message));

    /// <summary>Something a person must know to use the arguments.</summary>
    public void Remark(string text) => remarks.Add(text);

    /// <summary>The comment lines below the arguments, each with its mark.</summary>
    public IEnumerable<string> Comments()
    {
        // One reason may leave several entries unsaid.
        foreach (LaunchGap gap in gaps.DistinctBy(static gap => gap.Message))
            yield return $"# not expressed: {gap.Message}";
        foreach (string remark in remarks)
            yield return $"# {remark}";
    }
}
