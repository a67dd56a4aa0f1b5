using System.Globalization;
using Orrery.Catalog;
using Orrery.Models;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>How people write speculative decoding: <c>draft=MODEL,tokens=3,acceptance=0.7</c>, or <c>heads=mtp</c> for the model's own prediction modules.</summary>
public static class SpeculationText
{
    private static readonly string[] Keys = ["draft", "heads", "tokens", "acceptance"];

    /// <summary>Reads it for a model and an engine; what is left out is the engine's.</summary>
    public static Result<Speculation> Read(string text, ModelArchitecture model, ServingStack stack, string dataRoot, ulong seed)
    {
        string? draft = null;
        bool isOwn = false;
        int tokens = stack.Defaults.DraftTokens;
        double acceptance = stack.Defaults.Acceptance;
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string key = equals > 0 ? part[..equals].ToLowerInvariant() : part;
            string value = equals > 0 ? part[(equals + 1)..] : "";
            switch (key)
            {
                case "draft" when value.Length == 0:
                    return Failed("draft names no model; expected one, such as draft=llama-3.2-1b");
                case "draft":
                    draft = value;
                    break;
                case "heads" when value.Equals("mtp", StringComparison.OrdinalIgnoreCase):
                    isOwn = true;
                    break;
                case "heads":
                    return Failed($"heads is '{Quoted.Text(value)}'; expected heads=mtp: the modules the model was published with");
                case "tokens" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out tokens) && tokens is >= 1 and <= Speculation.MostTokens:
                    break;
                case "tokens":
                    return Failed($"tokens is '{Quoted.Text(value)}'; expected a whole number from 1 to {Speculation.MostTokens}");
                case "acceptance" when double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out acceptance) && acceptance is >= 0 and <= 1:
                    break;
                case "acceptance":
                    return Failed($"acceptance is '{Quoted.Text(value)}'; expected a probability from 0 to 1, such as 0.7");
                default:
                    return Failed($"'{Quoted.Text(part)}' says nothing of speculation; expected draft, heads, tokens or acceptance, such as heads=mtp,tokens=3,acceptance=0.7{EditDistance.Hint(key, Keys)}");
            }
        }

        if (isOwn == draft is not null)
            return Failed(isOwn ? "draft and heads are two ways to propose tokens; give one of the two" : "names nothing that proposes tokens; give draft=MODEL, or heads=mtp where the model has prediction modules");
        if (tokens == 0 || double.IsNaN(acceptance))
            return Failed($"the stack {stack.Name} states neither depth nor acceptance; give both, such as tokens=3,acceptance=0.6");
        Speculation speculation = new() { Draft = model, IsOwnModules = isOwn, Tokens = tokens, Acceptance = acceptance, Seed = seed };
        return isOwn ? Modules(model, speculation) : Small(draft!, model, speculation, dataRoot);
    }

    private static Result<Speculation> Modules(ModelArchitecture model, Speculation speculation) => Speculation.ModulesOf(model) is { } modules
        ? new(speculation with { Draft = modules, Copies = Math.Min(model.PredictionModules, speculation.Tokens) }, [])
        : Failed($"{model.Name} was published without prediction modules; give draft=MODEL");

    private static Result<Speculation> Small(string name, ModelArchitecture model, Speculation speculation, string dataRoot)
    {
        Result<ModelArchitecture> draft = ModelLoader.Load(name, dataRoot);
        if (draft.Value is not { } small)
            return new(null, draft.Diagnostics);
        return small.Vocabulary == model.Vocabulary
            ? new(speculation with { Draft = small }, draft.Diagnostics)
            : Failed(string.Create(CultureInfo.InvariantCulture, $"{small.Name} has a vocabulary of {small.Vocabulary:#,0}, {model.Name} of {model.Vocabulary:#,0}; what proposes has to speak of the same tokens"));
    }

    private static Result<Speculation> Failed(string message) => new(null, [new Diagnostic(Severity.Error, ServingCode.BadSpeculation, "--speculate", 0, 0, message)]);
}
