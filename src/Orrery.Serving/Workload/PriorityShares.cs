using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>Classes of priority that requests are dealt to at random: <c>0.2:0,0.8:1</c> makes a fifth of them first class.</summary>
public sealed record PriorityShares(ImmutableArray<(double Share, byte Class)> Shares)
{
    /// <summary>How far from 1 shares may add up: people write thirds.</summary>
    private const double Slack = 0.011;

    /// <summary>Reads <c>SHARE:CLASS,...</c>.</summary>
    public static Result<PriorityShares> Parse(string text)
    {
        ImmutableArray<(double, byte)>.Builder shares = ImmutableArray.CreateBuilder<(double, byte)>();
        double sum = 0;
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int colon = part.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || !double.TryParse(part.AsSpan(0, colon), NumberStyles.Float, CultureInfo.InvariantCulture, out double share) || share is not (> 0 and <= 1)
                || !byte.TryParse(part.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out byte one) || one >= RequestTrace.MostClasses)
            {
                return Failed($"'{Quoted.Text(part)}' is no share of a class; expected SHARE:CLASS with a share above 0 and a class from 0, the first served, to {RequestTrace.MostClasses - 1}, such as 0.2:0,0.8:1");
            }

            shares.Add((share, one));
            sum += share;
        }

        return Math.Abs(sum - 1) <= Slack
            ? new Result<PriorityShares>(new PriorityShares(shares.ToImmutable()), [])
            : Failed(string.Create(CultureInfo.InvariantCulture, $"the shares add up to {sum:0.###}; expected 1, such as 0.2:0,0.8:1"));
    }

    /// <summary>The requests with classes, drawn by a random stream of their own.</summary>
    public RequestTrace Deal(RequestTrace trace, ulong seed)
    {
        RandomStream random = RandomStream.Create(seed, "priorities");
        byte[] classes = new byte[trace.Count];
        for (int request = 0; request < classes.Length; request++)
        {
            double left = random.NextDouble();
            int place = 0;
            while (place + 1 < Shares.Length && left >= Shares[place].Share)
                left -= Shares[place++].Share;
            classes[request] = Shares[place].Class;
        }

        return trace.WithPriorities(classes);
    }

    private static Result<PriorityShares> Failed(string message) => new(null, [new Diagnostic(Severity.Error, ServingCode.BadPriorities, "--priorities", 0, 0, message)]);
}
