using System.Globalization;
using Orrery.Cli.Pictures;

namespace Orrery.Cli.Tests.Docs;

/// <summary>Gain of pools over undivided chips, against the ratio of prompts to answers; both axes logarithmic.</summary>
internal static class CrossoverPicture
{
    private const double Left = 64, Top = 56, Width = 520, Height = 260, Margin = 150;

    public static string Draw(double[] ratios, List<(string Name, string Colour, double[] Gains)> curves)
    {
        const string Title = "Highest rate of two pools over that of the same chips undivided, Llama-3.1-70B";
        SvgDrawing picture = new(Left + Width + Margin, Top + Height + 64, Title);
        picture.Words(Left, 24, Title, 15);
        picture.Words(Left, 42, "above 1 pools serve more; the level is two seconds to the first token and the time between tokens named", 11, colour: "#555");
        double low = Math.Log(Math.Min(0.7, curves.Min(static curve => curve.Gains.Min())));
        double high = Math.Log(Math.Max(1.5, curves.Max(static curve => curve.Gains.Max())));
        double right = Math.Log(ratios[0]);
        double left = Math.Log(ratios[^1]);
        double X(double ratio) => Left + ((Math.Log(ratio) - left) / (right - left) * Width);
        double Y(double gain) => Top + Height - ((Math.Log(gain) - low) / (high - low) * Height);
        foreach (double ratio in ratios)
        {
            picture.Line(X(ratio), Top, X(ratio), Top + Height, "#e3e6ea");
            string name = ratio >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{ratio:0} : 1") : string.Create(CultureInfo.InvariantCulture, $"1 : {1 / ratio:0}");
            picture.Words(X(ratio), Top + Height + 16, name, 10, "middle", "#555");
        }

        picture.Words(Left + (Width / 2), Top + Height + 36, "tokens of the prompt : tokens of the answer", 11, "middle");
        foreach (double gain in (ReadOnlySpan<double>)[0.5, 0.7, 1, 1.5, 2, 3])
        {
            if (Math.Log(gain) < low - 1e-9 || Math.Log(gain) > high + 1e-9)
                continue;
            picture.Line(Left, Y(gain), Left + Width, Y(gain), gain == 1 ? "#222" : "#e3e6ea", gain == 1 ? 1.5 : 1);
            picture.Words(Left - 8, Y(gain) + 4, string.Create(CultureInfo.InvariantCulture, $"{gain:0.0}"), 10, "end", "#555");
        }

        double[] ends = new double[curves.Count];
        for (int one = 0; one < curves.Count; one++)
        {
            (string name, string colour, double[] gains) = curves[one];
            (double X, double Y)[] points = [.. ratios.Select((ratio, place) => (X(ratio), Y(gains[place])))];
            picture.Path(points, colour, 2);
            foreach ((double x, double y) in points)
                picture.Box(x - 3, y - 3, 6, 6, colour);
            // Names stand at the right ends, apart where the ends are not.
            double at = points[0].Y + 4;
            for (int before = 0; before < one; before++)
                at = Math.Abs(at - ends[before]) < 14 ? ends[before] + 14 : at;
            ends[one] = at;
            picture.Words(Left + Width + 10, at, name, 11, colour: colour);
        }

        return picture.ToString();
    }
}
