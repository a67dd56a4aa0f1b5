using System.Globalization;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>How chips are split into pools, as a person writes it: <c>prefill=8:dgx-h100,decode=16:trn3-gen2</c>, or <c>best</c>.</summary>
/// <param name="Prompts">Null where the best split is asked for.</param>
/// <param name="Answers">The same.</param>
public sealed record PoolSplit(PoolShare? Prompts, PoolShare? Answers)
{
    /// <summary>The word for a search.</summary>
    public const string Best = "best";

    private const int MostChips = 1 << 20;
    private const string Form = "such as prefill=8,decode=8 or prefill=8:dgx-h100,decode=16:trn3-gen2";

    /// <summary>True where the best split is to be found.</summary>
    public bool IsBest => Prompts is null;

    /// <summary>Reads the text of <c>--disaggregate</c>.</summary>
    public static Result<PoolSplit> Parse(string text)
    {
        if (string.Equals(text, Best, StringComparison.OrdinalIgnoreCase) || string.Equals(text, "split=" + Best, StringComparison.OrdinalIgnoreCase))
            return new(new PoolSplit(null, null), []);
        PoolShare? prompts = null;
        PoolShare? answers = null;
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string key = equals > 0 ? part[..equals].Trim().ToLowerInvariant() : part;
            if (equals <= 0 || key is not ("prefill" or "decode"))
                return Failed($"found '{Quoted.Text(part)}'; expected prefill=CHIPS and decode=CHIPS, {Form}, or {Best}{EditDistance.Hint(key, ["prefill", "decode", Best])}");
            string value = part[(equals + 1)..].Trim();
            int colon = value.IndexOf(':', StringComparison.Ordinal);
            string figure = colon >= 0 ? value[..colon] : value;
            string? system = colon >= 0 ? value[(colon + 1)..].Trim() : null;
            if (!int.TryParse(figure, NumberStyles.None, CultureInfo.InvariantCulture, out int chips) || chips is < 1 or > MostChips)
                return Failed($"{key} has '{Quoted.Text(figure)}' chips; expected a whole number from 1, {Form}");
            if (system is { Length: 0 })
                return Failed($"{key} names no system after ':'; expected one, {Form}");
            ref PoolShare? pool = ref prompts;
            if (key == "decode")
                pool = ref answers;
            if (pool is not null)
                return Failed($"{key} is given twice; expected prefill and decode once each, {Form}");
            pool = new PoolShare(chips, system);
        }

        return prompts is null || answers is null
            ? Failed($"{(prompts is null ? "prefill" : "decode")} is missing; expected both pools, {Form}")
            : new(new PoolSplit(prompts, answers), []);
    }

    private static Result<PoolSplit> Failed(string message) => new(null, [new Diagnostic(Severity.Error, ServingCode.BadPools, "--disaggregate", 0, 0, message)]);
}
