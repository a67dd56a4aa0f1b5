using System.Globalization;
using Orrery.Cli.Reports;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Cli.Pictures;

/// <summary>
/// Cumulative distributions of what the clients of a serving run see: first token, between tokens, whole answer, one panel each, with the median and the
/// 90th and 99th percentile marked and named, and the limit of a service level where one was asked for.
/// </summary>
public static class LatencyPicture
{
    private const double Left = 70, Top = 62, Width = 520, Height = 150, Between = 66, Margin = 130;

    /// <summary>Points of a curve; a trace may have millions of requests and a screen has not.</summary>
    private const int MostPoints = 400;

    private const double MostTicks = 9;

    private static readonly (double Share, string Name)[] Marks = [(0.99, "p99"), (0.9, "p90"), (0.5, "p50")];

    public static string Draw(ServingReport report)
    {
        ServingRequest request = report.Request;
        string chips = request.Chips == 1 ? "chip" : "chips";
        string title = $"{request.Model.Name} on {Quantity.FormatNumber(request.Chips, 9)} {chips} of {request.System.Name}, {request.Stack.Name}";
        SvgDrawing picture = new(Left + Width + Margin, Top + (3 * (Height + Between)) - 28, title);
        picture.Words(Left, 26, title, 15);
        picture.Words(Left, 44, $"share of {Quantity.FormatNumber(report.Requests, 9)} requests that take no longer", 11, colour: "#555");
        Panel(picture, 0, "first token", "#0b66c2", report.FirstToken, SortedTimes.Of(report, static times => times.FirstToken), request.ServiceLevel?.FirstToken);
        Panel(picture, 1, "between tokens", "#1a8a5a", report.PerToken, SortedTimes.Of(report, static times => times.PerToken), request.ServiceLevel?.PerToken);
        Panel(picture, 2, "whole answer", "#a3541c", report.EndToEnd, SortedTimes.Of(report, static times => times.EndToEnd), request.ServiceLevel?.EndToEnd);
        return picture.ToString();
    }

    private static void Panel(SvgDrawing picture, int place, string name, string colour, in Distribution marked, double[] times, Seconds? limit)
    {
        double top = Top + (place * (Height + Between));
        double Y(double share) => top + Height - (share * Height);
        picture.Words(18, top + (Height / 2), name, 11, "middle", turn: -90);
        foreach (double share in (ReadOnlySpan<double>)[0, 0.5, 0.9, 0.99])
            picture.Line(Left, Y(share), Left + Width, Y(share), "#e3e6ea");
        foreach (double share in (ReadOnlySpan<double>)[0, 0.5, 0.9])
            picture.Words(Left - 6, Y(share) + 4, Quantity.FormatPercent(share, 2), 10, "end", "#555");
        if (times.Length == 0 || times[^1] <= 0)
        {
            picture.Words(Left + 8, top + (Height / 2), "no answer has it", 11, colour: "#555");
            return;
        }

        double least = Math.Min(Positive(times), limit?.Value ?? double.PositiveInfinity);
        List<double> ticks = Ticks(least, Math.Max(times[^1], limit?.Value ?? 0));
        double low = Math.Log(ticks[0]), high = Math.Log(ticks[^1]);
        double X(double seconds) => Left + (Math.Clamp((Math.Log(seconds) - low) / (high - low), 0, 1) * Width);
        double every = Math.Ceiling(ticks.Count / MostTicks);
        for (int index = 0; index < ticks.Count; index++)
        {
            picture.Line(X(ticks[index]), top, X(ticks[index]), top + Height, "#e3e6ea");
            if (index % every == 0)
                picture.Words(X(ticks[index]), top + Height + 16, ServingText.Time(ticks[index]), 10, "middle", "#555");
        }

        picture.Path(Curve(times, X, Y), colour, 2);
        foreach ((double share, string word) in Marks)
        {
            double value = word == "p99" ? marked.P99 : word == "p90" ? marked.P90 : marked.P50;
            picture.Box(X(value) - 3, Y(share) - 3, 6, 6, colour);
            // Two lines of letters apart, though 99 and 90 % lie closer.
            picture.Words(Left + Width + 10, Y(share) + (word == "p99" ? -2 : 4), $"{word}  {ServingText.Time(value)}", 11);
        }

        if (limit is not { } most)
            return;
        picture.Line(X(most.Value), top, X(most.Value), top + Height, "#c2280b", 1.5, "5 4");
        int kept = times.Length;
        while (kept > 0 && times[kept - 1] > most.Value)
            kept--;
        picture.Words(
            Left + Width + 10, Y(0) + 4, string.Create(CultureInfo.InvariantCulture, $"{(double)kept / times.Length:0.0%} in {ServingText.Time(most.Value)}"), 11, colour: "#c2280b");
    }

    /// <summary>Steps from each time to the next; of many, those at even shares.</summary>
    private static (double X, double Y)[] Curve(double[] times, Func<double, double> x, Func<double, double> y)
    {
        int points = Math.Min(times.Length, MostPoints);
        List<(double X, double Y)> curve = new((2 * points) + 1) { (x(times[0]), y(0)) };
        double before = 0;
        for (int point = 1; point <= points; point++)
        {
            int upTo = (int)((long)point * times.Length / points);
            double at = x(times[upTo - 1]);
            curve.Add((at, y(before)));
            before = (double)upTo / times.Length;
            curve.Add((at, y(before)));
        }

        return [.. curve];
    }

    /// <summary>The least time above nothing: the axis is logarithmic.</summary>
    private static double Positive(double[] ascending)
    {
        int first = 0;
        while (ascending[first] <= 0)
            first++;
        return ascending[first];
    }

    /// <summary>1, 2, 5, 10 ... from at or below the least to at or above the most, two at least.</summary>
    private static List<double> Ticks(double least, double most)
    {
        List<double> ticks = [];
        int decade = (int)Math.Floor(Math.Log10(least));
        while (ticks.Count < 2 || ticks[^1] < most)
        {
            foreach (double step in (ReadOnlySpan<double>)[1, 2, 5])
            {
                double tick = step * Math.Pow(10, decade);
                if (tick <= least && ticks.Count == 1)
                    ticks.Clear();
                if (ticks.Count < 2 || ticks[^1] < most)
                    ticks.Add(tick);
            }

            decade++;
        }

        return ticks;
    }
}
