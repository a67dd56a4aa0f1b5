using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Orrery.Catalog;

/// <summary>
/// Writes a stack of one's own: a copy of another with every constant it had, its releases' switches applied, under a name of its own. What measured
/// steps then change stands in the calibration of that name, not here.
/// </summary>
public static class OwnStackFile
{
    /// <summary>Longest name.</summary>
    public const int LongestName = 60;

    /// <summary>What is wrong with a name for a stack of one's own; null where nothing is.</summary>
    public static string? Problem(string name, DataCatalog catalog)
    {
        if (name.Length is 0 or > LongestName || !char.IsAsciiLetterOrDigit(name[0]) || !name.All(static letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '.' or '_'))
            return $"expected lower-case letters, digits, '-', '.' and '_', at most {LongestName} of them";
        if (catalog.StackIds.Contains(name))
            return catalog.Stack(name).Value is { BasedOn.Length: > 0 } ? null : "is a stack of the catalogue; choose another name";
        return catalog.Stack(name).Value is { } covered ? $"is a release of '{covered.Id}'; choose another name" : null;
    }

    /// <summary>The text of the file.</summary>
    /// <param name="vocabulary">Constants that stand at its defaults are left out.</param>
    /// <param name="origin">Where the constants come from, in words.</param>
    public static string Text(string name, StackDescription stack, StackVocabulary vocabulary, string origin)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"# Written by `orrery calibrate --from`: {name}, a copy of {stack.Id}. What was fitted is in data/calibration/stacks/{name}.yaml.\n");
        text.Append(CultureInfo.InvariantCulture, $"id: {name}\n");
        text.Append(CultureInfo.InvariantCulture, $"name: {CalibrationFile.Quoted($"{name}, one's own, on the base of {stack.Name}")}\n");
        text.Append(CultureInfo.InvariantCulture, $"basedOn: {stack.Id}\n");
        text.Append(CultureInfo.InvariantCulture, $"covers: [{name}]\n");
        text.Append(CultureInfo.InvariantCulture, $"sources:\n  base: {CalibrationFile.Quoted(origin)}\n");
        text.Append(CultureInfo.InvariantCulture, $"attention: {stack.Attention}\n");
        text.Append(CultureInfo.InvariantCulture, $"defaultRecompute: {stack.DefaultRecompute}\n");
        text.Append(CultureInfo.InvariantCulture, $"vocabularyPadding: {stack.VocabularyPadding}\n");
        text.Append(CultureInfo.InvariantCulture, $"gradientBytes: {stack.GradientBytes}\n");
        text.Append(CultureInfo.InvariantCulture, $"schedules: [{string.Join(", ", stack.Schedules.Select(CalibrationFile.Quoted))}]\n");
        Flag(text, "defaultSequenceParallel", stack.DefaultSequenceParallel);
        Flag(text, "padsVocabularyOnlyWhenSplit", stack.PadsVocabularyOnlyWhenSplit);
        Flag(text, "recomputeSkipsLastProduct", stack.RecomputeSkipsLastProduct);
        Flag(text, "pacesWholeDomain", stack.PacesWholeDomain);
        Flag(text, "overlapsTensorParallel", stack.OverlapsTensorParallel);
        Flag(text, "keepsDropoutMasks", stack.KeepsDropoutMasks);
        Flag(text, "keepsNarrowInputs", stack.KeepsNarrowInputs);
        Flag(text, "shardsGradientsEveryMicroBatch", stack.ShardsGradientsEveryMicroBatch);
        text.Append("constants:\n");
        Constants(text, stack.Constants, vocabulary, "  ");
        if (!stack.OnChip.IsEmpty)
            text.Append("onChip:\n");
        foreach ((string chip, ImmutableSortedDictionary<string, ConstantReading> constants) in stack.OnChip)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {chip}:\n");
            // Of a chip even a default says something: it stands above what the stack says.
            Constants(text, constants, null, "    ");
        }

        return text.ToString();
    }

    private static void Flag(StringBuilder text, string key, bool value) => text.Append(CultureInfo.InvariantCulture, $"{key}: {(value ? "true" : "false")}\n");

    private static void Constants(StringBuilder text, ImmutableSortedDictionary<string, ConstantReading> constants, StackVocabulary? vocabulary, string indent)
    {
        foreach ((string name, ConstantReading reading) in constants)
        {
            if (reading.Mark == Mark.Assumed && vocabulary?.Find(name)?.Default == reading.Value)
                continue;
            text.Append(CultureInfo.InvariantCulture, $"{indent}{name}: {{value: {reading.Value:R}{(reading.Unit == "1" ? "" : " " + reading.Unit)}, mark: derived, source: base, note: as the base has it}}\n");
        }
    }
}
