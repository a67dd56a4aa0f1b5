using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Fabric;
using Orrery.Units;

namespace Orrery.Cli.Pictures;

/// <summary>
/// One scale-up domain as a picture: chips in the boxes of their levels, switches as bars, direct links as lines. Of boxes that are alike and many
/// only the first are drawn, and the rest are counted.
/// </summary>
public static class FabricPicture
{
    private const double Cell = 26;
    private const double Gap = 14;
    private const double Legend = 22;
    private const int MostDrawn = 6;
    private const int MostChips = 256;
    private const double WidestRow = 1000;

    private static readonly string[] Colours = ["#8a5a00", "#0b66c2", "#0a7d4f", "#8d2fb0", "#b03030"];

    public static string Draw(SystemDescription system)
    {
        ImmutableArray<LinkSummary> lines = LinkSummary.Of(system);
        Block domain = Arrange(system, system.Levels.Length - 2);
        double width = Math.Max(760, domain.Width + (2 * Gap)), top = 54 + (lines.Length * Legend);
        SvgDrawing picture = new(width, top + domain.Height + Gap + 40, $"{system.Name}: chips and links of one scale-up domain");
        picture.Words(Gap, 24, system.Name, 16);
        picture.Words(Gap, 42, $"{system.ChipsPerScaleUpDomain} x {system.Chip.Name} in one scale-up domain; rates are one direction", 11, colour: "#555");
        for (int level = 0; level < lines.Length; level++)
        {
            LinkSummary line = lines[level];
            double y = 62 + (level * Legend);
            picture.Box(Gap, y - 9, 18, 10, Colours[level % Colours.Length]);
            picture.Words(
                Gap + 26, y, $"{line.Level}: {line.Wiring}, {line.Joins}; {line.Links} x {Quantity.Format(line.PerLink, 3)} a {(line.Level == "chip" ? "rank" : "chip")}, {Quantity.Format(line.Latency, 3)}", 11);
        }

        Drawing drawing = new(picture, system);
        drawing.Place(domain, Gap, top);
        drawing.Links(system.Levels.Length - 2);
        drawing.Chips();
        picture.Words(
            Gap, top + domain.Height + 24, $"{lines[^1].Level}: every chip sends {Quantity.FormatBits(lines[^1].PerChip, 3)} into the network between domains ({lines[^1].Wiring})", 11, colour: Colours[(lines.Length - 1) % Colours.Length]);
        return picture.ToString();
    }

    /// <summary>The boxes of a level and those inside, sized.</summary>
    private static Block Arrange(SystemDescription system, int level)
    {
        if (level < 0 || system.Levels[level].Name == "chip")
            return new Block(level, null, 1, 1, 1, Cell, Cell);
        LevelDescription description = system.Levels[level];
        Block inner = Arrange(system, level - 1);
        int size = Math.Max(1, description.Size);
        int columns = description.Topology switch
        {
            TopologyKind.Torus2D => description.Dimensions[0],
            TopologyKind.Torus3D => description.Dimensions[0],
            TopologyKind.Ring => size,
            _ when size <= 8 => size,
            _ => inner.Inside is null ? 12 : MostDrawn,
        };
        bool isTorus = description.Topology is TopologyKind.Torus2D or TopologyKind.Torus3D;
        int drawn = isTorus || inner.Inside is null ? size : Math.Min(size, MostDrawn);
        while (drawn > MostChips && drawn > columns)
            drawn = (drawn + 1) / 2 / columns * columns;
        if (inner.Width * columns > WidestRow && inner.Inside is not null)
            columns = Math.Max(1, (int)(WidestRow / inner.Width));
        columns = Math.Min(columns, drawn);
        int rows = (drawn + columns - 1) / columns;
        double space = isTorus ? 18 : 8;
        double width = (columns * (inner.Width + space)) - space + (2 * Gap);
        double height = (rows * (inner.Height + space)) - space + (2 * Gap) + (description.Topology == TopologyKind.Switch ? 14 : 0) + (drawn < size ? 14 : 0);
        return new Block(level, inner, drawn, columns, size, Math.Max(width, 90), height);
    }

    private sealed record Block(int Chip, Block? Inside, int Drawn, int Columns, int Size, double Width, double Height);

    private sealed class Drawing(SvgDrawing picture, SystemDescription system)
    {
        private readonly SortedDictionary<int, (double X, double Y)> _chips = [];
        private int _next;

        public void Place(Block block, double x, double y)
        {
            if (block.Inside is null)
            {
                _chips[_next++] = (x + (Cell / 2), y + (Cell / 2));
                return;
            }

            LevelDescription level = system.Levels[block.Chip];
            string colour = Colours[block.Chip % Colours.Length];
            picture.Box(x, y, block.Width, block.Height, "none", colour, 5);
            picture.Words(x + 4, y + 10, $"{level.Name} {FirstNumber(block)}", 9, colour: colour);
            double space = level.Topology is TopologyKind.Torus2D or TopologyKind.Torus3D ? 18 : 8;
            double inTop = y + Gap + (level.Topology == TopologyKind.Switch ? 14 : 0);
            for (int child = 0; child < block.Drawn; child++)
            {
                double atX = x + Gap + (child % block.Columns * (block.Inside.Width + space)), atY = inTop + (child / block.Columns * (block.Inside.Height + space));
                if (level.Topology == TopologyKind.Switch)
                    picture.Line(atX + (block.Inside.Width / 2), y + Gap + 9, atX + (block.Inside.Width / 2), atY, colour, 1.2);
                Place(block.Inside, atX, atY);
            }

            if (level.Topology == TopologyKind.Switch)
            {
                picture.Box(x + Gap, y + Gap + 1, block.Width - (2 * Gap), 9, colour);
            }

            if (block.Drawn < block.Size)
            {
                picture.Words(x + (block.Width / 2), y + block.Height - 5, $"and {block.Size - block.Drawn} more", 10, "middle", colour);
                _next += ChipsIn(block.Inside) * (block.Size - block.Drawn);
            }
        }

        /// <summary>Lines between chips that direct levels join, where both ends are drawn.</summary>
        public void Links(int outermost)
        {
            FabricGraph graph = new(system, system.ChipsPerScaleUpDomain, system.Chip.RanksPerChip);
            foreach ((int from, int to, int level) in graph.DirectLinks(outermost))
            {
                if (!_chips.TryGetValue(from, out (double X, double Y) start) || !_chips.TryGetValue(to, out (double X, double Y) end))
                    continue;
                double length = Math.Abs(start.X - end.X) + Math.Abs(start.Y - end.Y);
                bool isFar = length > 2.5 * Cell;
                picture.Bow(start.X, start.Y, end.X, end.Y, isFar ? Math.Min(24, length / 10) : 0, Colours[level % Colours.Length], isFar ? 0.5 : 1.6);
            }
        }

        /// <summary>Over the links, so that numbers can be read.</summary>
        public void Chips()
        {
            foreach ((int chip, (double x, double y)) in _chips)
            {
                picture.Box(x - (Cell / 2), y - (Cell / 2), Cell, Cell, "#eef2f6", "#8795a5", 3);
                picture.Words(x, y + 4, chip.ToString(System.Globalization.CultureInfo.InvariantCulture), 10, "middle", "#445");
            }
        }

        private int FirstNumber(Block block) => _next / Math.Max(1, ChipsIn(block));

        private static int ChipsIn(Block block) => block.Inside is null ? 1 : block.Size * ChipsIn(block.Inside);
    }
}
