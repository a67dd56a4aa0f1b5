using System.Globalization;
using System.Text;

namespace Orrery.Cli.Pictures;

/// <summary>A drawing in Scalable Vector Graphics: lines, boxes and words, in the order they are drawn. Same calls, same bytes.</summary>
public sealed class SvgDrawing
{
    private readonly StringBuilder _body = new();
    private readonly double _width;
    private readonly double _height;
    private readonly string _title;

    /// <summary>An empty white sheet.</summary>
    /// <param name="width">In pixels at its natural size.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="title">What is seen: the text alternative.</param>
    public SvgDrawing(double width, double height, string title)
    {
        _width = width;
        _height = height;
        _title = title;
    }

    public void Line(double x1, double y1, double x2, double y2, string colour, double thickness = 1, string dashes = "")
    {
        string broken = dashes.Length == 0 ? "" : $" stroke-dasharray=\"{dashes}\"";
        _body.Append(CultureInfo.InvariantCulture, $"<line x1=\"{At(x1)}\" y1=\"{At(y1)}\" x2=\"{At(x2)}\" y2=\"{At(y2)}\" stroke=\"{colour}\" stroke-width=\"{At(thickness)}\"{broken}/>\n");
    }

    public void Box(double x, double y, double width, double height, string fill, string border = "none", double corner = 2) =>
        _body.Append(CultureInfo.InvariantCulture, $"<rect x=\"{At(x)}\" y=\"{At(y)}\" width=\"{At(width)}\" height=\"{At(height)}\" rx=\"{At(corner)}\" fill=\"{fill}\" stroke=\"{border}\"/>\n");

    /// <summary>A curve through points, or straight lines between them.</summary>
    public void Path(ReadOnlySpan<(double X, double Y)> points, string colour, double thickness = 1.5)
    {
        if (points.IsEmpty)
            return;
        _body.Append("<polyline fill=\"none\" points=\"");
        for (int index = 0; index < points.Length; index++)
            _body.Append(CultureInfo.InvariantCulture, $"{(index == 0 ? "" : " ")}{At(points[index].X)},{At(points[index].Y)}");
        _body.Append(CultureInfo.InvariantCulture, $"\" stroke=\"{colour}\" stroke-width=\"{At(thickness)}\"/>\n");
    }

    /// <summary>A bent line from one point to another, bulging by <paramref name="bulge"/> to its left.</summary>
    public void Bow(double x1, double y1, double x2, double y2, double bulge, string colour, double thickness = 1)
    {
        double length = Math.Max(1e-9, Math.Sqrt(((x2 - x1) * (x2 - x1)) + ((y2 - y1) * (y2 - y1))));
        double middleX = ((x1 + x2) / 2) + ((y2 - y1) / length * bulge), middleY = ((y1 + y2) / 2) - ((x2 - x1) / length * bulge);
        _body.Append(CultureInfo.InvariantCulture, $"<path d=\"M{At(x1)} {At(y1)}Q{At(middleX)} {At(middleY)} {At(x2)} {At(y2)}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{At(thickness)}\"/>\n");
    }

    public void Words(double x, double y, string text, double size = 12, string anchor = "start", string colour = "#222", double turn = 0)
    {
        string turned = turn == 0 ? "" : $" transform=\"rotate({At(turn)} {At(x)} {At(y)})\"";
        _body.Append(CultureInfo.InvariantCulture, $"<text x=\"{At(x)}\" y=\"{At(y)}\" font-size=\"{At(size)}\" text-anchor=\"{anchor}\" fill=\"{colour}\"{turned}>{Escape(text)}</text>\n");
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{At(_width)}\" height=\"{At(_height)}\" viewBox=\"0 0 {At(_width)} {At(_height)}\" font-family=\"Helvetica, Arial, sans-serif\" role=\"img\">\n<title>{Escape(_title)}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{_body}</svg>\n");

    private static string At(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);

    private static string Escape(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("\"", "&quot;", StringComparison.Ordinal);
}
