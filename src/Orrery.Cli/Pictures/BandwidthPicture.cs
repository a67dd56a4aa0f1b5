using Orrery.Cli.Verbs;
using Orrery.Units;

namespace Orrery.Cli.Pictures;

/// <summary>Bus bandwidth over the size of a message, both on logarithmic axes.</summary>
public static class BandwidthPicture
{
    private const double Left = 86, Top = 50, Width = 640, Height = 340;

    public static string Draw(CollectiveQuestion question, IReadOnlyList<CollectiveAnswer> answers)
    {
        string title = $"{question.Word}, {Quantity.FormatNumber(question.Chips, 9)} chips of {question.System.Name}";
        SvgDrawing picture = new(Left + Width + 30, Top + Height + 60, title);
        picture.Words(Left, 26, title, 15);
        CollectiveAnswer[] drawn = [.. answers.Where(static answer => answer.BusBandwidth.Value > 0 && double.IsFinite(answer.BusBandwidth.Value))];
        if (drawn.Length == 0)
            return picture.ToString();
        double firstX = Math.Floor(Math.Log2(drawn[0].Size.Value)), lastX = Math.Max(firstX + 1, Math.Ceiling(Math.Log2(drawn[^1].Size.Value)));
        double firstY = Math.Floor(Math.Log10(drawn.Min(static answer => answer.BusBandwidth.Value)));
        double lastY = Math.Max(firstY + 1, Math.Ceiling(Math.Log10(drawn.Max(static answer => answer.BusBandwidth.Value))));
        double X(double size) => Left + ((Math.Log2(size) - firstX) / (lastX - firstX) * Width);
        double Y(double rate) => Top + Height - ((Math.Log10(rate) - firstY) / (lastY - firstY) * Height);
        double every = Math.Max(1, Math.Ceiling((lastX - firstX) / 10));
        for (double power = firstX; power <= lastX; power += every)
        {
            double x = X(Math.Pow(2, power));
            picture.Line(x, Top, x, Top + Height, "#e3e6ea");
            picture.Words(x, Top + Height + 18, Quantity.FormatBinary(new Bytes(Math.Pow(2, power)), 4), 10, "middle", "#555");
        }

        for (double power = firstY; power <= lastY; power++)
        {
            double y = Y(Math.Pow(10, power));
            picture.Line(Left, y, Left + Width, y, "#e3e6ea");
            picture.Words(Left - 6, y + 4, Quantity.Format(new BytesPerSecond(Math.Pow(10, power))), 10, "end", "#555");
        }

        (double, double)[] points = [.. drawn.Select(answer => (X(answer.Size.Value), Y(answer.BusBandwidth.Value)))];
        picture.Path(points, "#0b66c2", 2);
        foreach ((double x, double y) in points)
            picture.Box(x - 2.5, y - 2.5, 5, 5, "#0b66c2");
        picture.Words(Left + (Width / 2), Top + Height + 42, "bytes each rank hands in", 11, "middle");
        picture.Words(18, Top + (Height / 2), "bus bandwidth (NCCL tests' rule)", 11, "middle", turn: -90);
        return picture.ToString();
    }
}
