using System.Collections.Immutable;
using Orrery.Cli.Reports;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Cli.Pictures;

/// <summary>
/// A serving run over time: requests inside, tokens a second, how full the cache and how busy the engines are, and the power of a chip, one panel each above a
/// common axis.
/// </summary>
public static class SeriesPicture
{
    private const double Left = 76, Top = 66, Width = 620, Height = 96, Between = 34, Margin = 150;
    private const double MostTicks = 8;

    private static readonly string[] Colours = ["#0b66c2", "#c2570b"];

    public static string Draw(ServingReport report, ImmutableArray<TimeSeriesPoint> points)
    {
        ServingRequest request = report.Request;
        string chips = request.Chips == 1 ? "chip" : "chips";
        string title = $"{request.Model.Name} on {Quantity.FormatNumber(request.Chips, 9)} {chips} of {request.System.Name}, {request.Stack.Name}";
        SvgDrawing picture = new(Left + Width + Margin, Top + (4 * (Height + Between)) + 18, title);
        picture.Words(Left, 26, title, 15);
        picture.Words(Left, 44, $"{request.Workload.Source}; means of {ServingText.Time(points[0].End - points[0].Start)}", 11, colour: "#555");
        double end = points[^1].End;
        Panel(picture, 0, "requests inside", points, end, null, ("running", static point => point.Running), ("waiting", static point => point.Waiting));
        Panel(picture, 1, "tokens/s", points, end, null, ("out", static point => point.OutputTokensPerSecond), ("in", static point => point.InputTokensPerSecond));
        Panel(picture, 2, "share", points, end, 1, ("engines busy", static point => point.BusyShare), ("cache in use", static point => point.CacheShare));
        Panel(picture, 3, "W a chip", points, end, null, ("power", static point => point.ChipPower));
        double bottom = Top + (4 * (Height + Between)) - Between;
        foreach (double tick in Ticks(end, MostTicks))
            picture.Words(Left + (tick / end * Width), bottom + 16, tick == 0 ? "0" : ServingText.Time(tick), 10, "middle", "#555");
        return picture.ToString();
    }

    /// <summary>Curves of steps over one axis, each with its mean beside it.</summary>
    /// <param name="full">Top of the axis; null is the largest value.</param>
    private static void Panel(
        SvgDrawing picture, int place, string name, ImmutableArray<TimeSeriesPoint> points, double end, double? full, params ReadOnlySpan<(string Name, Func<TimeSeriesPoint, double> Value)> curves)
    {
        double top = Top + (place * (Height + Between));
        double most = full ?? 0;
        foreach ((_, Func<TimeSeriesPoint, double> value) in curves)
        {
            foreach (TimeSeriesPoint point in points)
                most = Math.Max(most, value(point));
        }

        List<double> levels = Ticks(most > 0 ? most : 1, 4);
        double highest = Math.Max(levels[^1], most);
        double X(double seconds) => Left + (seconds / end * Width);
        double Y(double value) => top + Height - (value / highest * Height);
        picture.Words(18, top + (Height / 2), name, 11, "middle", turn: -90);
        foreach (double level in levels)
        {
            picture.Line(Left, Y(level), Left + Width, Y(level), "#e3e6ea");
            picture.Words(Left - 6, Y(level) + 4, full is null ? Quantity.FormatNumber(level, 3) : Quantity.FormatPercent(level, 3), 10, "end", "#555");
        }

        foreach (double tick in Ticks(end, MostTicks))
            picture.Line(X(tick), top, X(tick), top + Height, "#e3e6ea");
        for (int curve = 0; curve < curves.Length; curve++)
        {
            List<(double X, double Y)> steps = new(2 * points.Length);
            double sum = 0;
            foreach (TimeSeriesPoint point in points)
            {
                double value = curves[curve].Value(point);
                sum += value * (point.End - point.Start);
                steps.Add((X(point.Start), Y(value)));
                steps.Add((X(point.End), Y(value)));
            }

            picture.Path(steps.ToArray(), Colours[curve], 1.5);
            double row = top + 12 + (30 * curve);
            picture.Box(Left + Width + 10, row - 9, 10, 10, Colours[curve]);
            picture.Words(Left + Width + 26, row, curves[curve].Name, 11);
            string mean = full is null ? Quantity.FormatNumber(sum / end, 3) : Quantity.FormatPercent(sum / end, 3);
            picture.Words(Left + Width + 26, row + 13, $"mean {mean}", 10, colour: "#555");
        }
    }

    /// <summary>0 and further multiples of 1, 2 or 5 times a power of ten, at most so many steps.</summary>
    private static List<double> Ticks(double most, double steps)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(most / steps)));
        double step = power;
        foreach (double factor in (ReadOnlySpan<double>)[10, 5, 2, 1])
        {
            if (most / (factor * power) <= steps)
                step = factor * power;
        }

        List<double> ticks = [];
        for (int place = 0; place * step <= most * (1 + 1e-9); place++)
            ticks.Add(place * step);
        return ticks;
    }
}
