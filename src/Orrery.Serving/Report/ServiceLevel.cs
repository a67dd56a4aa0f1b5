using System.Globalization;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>What a share of the requests must reach: <c>ttft=2s,tpot=50ms</c>, and how large the share is.</summary>
/// <param name="FirstToken">Longest time to the first token; null is any.</param>
/// <param name="PerToken">Longest mean time between tokens.</param>
/// <param name="EndToEnd">Longest time to the last token.</param>
/// <param name="Share">Requests that must keep all of them.</param>
public sealed record ServiceLevel(Seconds? FirstToken, Seconds? PerToken, Seconds? EndToEnd, double Share)
{
    /// <summary>Share where the text names none.</summary>
    public const double UsualShare = 0.9;

    /// <summary>Reads <c>ttft=2s,tpot=50ms,e2e=30s,share=0.99</c>; a bare number is in seconds.</summary>
    public static Result<ServiceLevel> Parse(string text)
    {
        Seconds? first = null;
        Seconds? each = null;
        Seconds? all = null;
        double share = UsualShare;
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string key = equals > 0 ? part[..equals].ToLowerInvariant() : part;
            string value = equals > 0 ? part[(equals + 1)..] : "";
            if (key == "share")
            {
                if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out share) || share is not (> 0 and <= 1))
                    return Failed($"share is '{Quoted.Text(value)}'; expected a number above 0 and at most 1, such as share=0.99");
                continue;
            }

            if (key is not ("ttft" or "tpot" or "e2e"))
                return Failed($"'{Quoted.Text(part)}' is no service level; expected ttft, tpot, e2e or share, such as ttft=2s,tpot=50ms{EditDistance.Hint(key, ["ttft", "tpot", "e2e", "share"])}");
            bool isNumber = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds);
            if ((!isNumber && !Quantity.TryParse(value, QuantityKind.Duration, out seconds, out _)) || seconds is not (> 0 and < 1e9))
                return Failed($"{key} is '{Quoted.Text(value)}'; expected a duration such as {key}=50ms");
            switch (key)
            {
                case "ttft":
                    first = new Seconds(seconds);
                    break;
                case "tpot":
                    each = new Seconds(seconds);
                    break;
                default:
                    all = new Seconds(seconds);
                    break;
            }
        }

        return first is null && each is null && all is null
            ? Failed("names no limit; expected ttft, tpot or e2e, such as ttft=2s,tpot=50ms")
            : new Result<ServiceLevel>(new ServiceLevel(first, each, all, share), []);
    }

    private static Result<ServiceLevel> Failed(string message) => new(null, [new Diagnostic(Severity.Error, ServingCode.BadSlo, "--slo", 0, 0, message)]);
}
