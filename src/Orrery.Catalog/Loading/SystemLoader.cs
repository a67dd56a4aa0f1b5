using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Catalog.Loading;

/// <summary>Reads <c>data/systems/ID.yaml</c>.</summary>
internal static class SystemLoader
{
    /// <summary>The level that joins the ranks of one chip.</summary>
    public const string ChipLevel = "chip";

    private const int MostChips = 100_000_000;

    private static readonly ImmutableArray<string> Routings = ["usual", "shortest", "dimension-ordered", "equal-cost"];

    private static readonly ImmutableArray<string> Topologies = ["switch", "full-mesh", "ring", "torus-2d", "torus-3d", "clos"];

    /// <summary>Reads one system; null with diagnostics where anything is wrong.</summary>
    /// <param name="loadChip">Finds the chip a file names; its diagnostics join the system's.</param>
    public static SystemDescription? Load(string id, YamlNode? root, DiagnosticList diagnostics, AssumptionSet assumptions, Func<string, Result<ChipDescription>> loadChip)
    {
        MappingReader? top = MappingReader.OfRoot(root, diagnostics);
        if (top is null)
        {
            return null;
        }

        FigureReader figures = new(id, top, assumptions);
        figures.CheckId();
        string name = top.RequiredText("name", "the name people print");
        ImmutableArray<string> aliases = top.Words("aliases");
        ChipDescription? chip = ReadChip(top, loadChip);
        string stack = top.RequiredText("defaultStack", "the id of a stack");
        int perServer = figures.Integer(top, "chipsPerServer", 1, 4096);
        int perDomain = figures.Integer(top, "chipsPerScaleUpDomain", 1, MostChips);
        int maximum = figures.Integer(top, "maximumChips", 0, MostChips, fallback: 0);
        int unit = figures.Integer(top, "allocationUnit", 1, MostChips, fallback: 1);
        ImmutableArray<LevelDescription> levels = ReadLevels(top, figures);
        Sourced<BytesPerSecond>? host = top.Has("hostBandwidthPerChip") ? figures.DataRate(top, "hostBandwidthPerChip", 1e8, 1e13) : null;
        string networkFit = ReadNetworkFit(top, figures);
        Sourced<Watts> overhead = figures.Power(top, "overheadPowerPerChip", 0, 1e5);
        Sourced<double> effectiveness = figures.Number(top, "powerUsageEffectiveness", 1, 3);
        ImmutableArray<PriceReading> prices = ReadPrices(top, figures);
        if (!diagnostics.HasErrors)
        {
            CheckLevels(top, levels, chip!, perServer, perDomain);
        }

        figures.Finish();
        return diagnostics.HasErrors
            ? null
            : new()
            {
                Id = id,
                Name = name,
                Aliases = aliases,
                Chip = chip!,
                Levels = levels,
                ChipsPerServer = perServer,
                ChipsPerScaleUpDomain = perDomain,
                MaximumChips = maximum,
                AllocationUnit = unit,
                HostBandwidthPerChip = host,
                NetworkFit = networkFit,
                OverheadPowerPerChip = overhead,
                PowerUsageEffectiveness = effectiveness,
                Prices = prices,
                DefaultStack = stack,
                Figures = figures.Figures,
            };
    }

    private static ChipDescription? ReadChip(MappingReader top, Func<string, Result<ChipDescription>> loadChip)
    {
        string name = top.RequiredText("chip", "the name of a chip");
        if (name.Length == 0)
        {
            return null;
        }

        Result<ChipDescription> chip = loadChip(name);
        foreach (Diagnostic diagnostic in chip.Diagnostics)
        {
            // A name nobody knows is this file's mistake; anything else is the chip file's.
            if (diagnostic.Code == DiagnosticCode.UnknownName)
            {
                top.Diagnostics.Error(diagnostic.Code, top.Node("chip")!.Position, diagnostic.Message);
            }
            else
            {
                top.Diagnostics.AddRange([diagnostic]);
            }
        }

        return chip.Value;
    }

    private static string ReadNetworkFit(MappingReader top, FigureReader figures)
    {
        if (top.Group("networkFit") is not { } group)
        {
            return "";
        }

        string subject = group.RequiredText("value", "the subject of a calibration of collectives, such as efa.a100-80");
        figures.Structure(group, $"{figures.Subject}.networkFit", subject);
        group.Finish();
        return subject;
    }

    private static ImmutableArray<LevelDescription> ReadLevels(MappingReader top, FigureReader figures)
    {
        ImmutableArray<MappingReader> groups = top.Groups("levels");
        if (groups.IsEmpty)
        {
            top.Missing("levels", "a list of levels, innermost first");
        }

        ImmutableArray<LevelDescription>.Builder levels = ImmutableArray.CreateBuilder<LevelDescription>();
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (MappingReader group in groups)
        {
            string name = group.RequiredText("name", "a level such as server, rack or cluster");
            if (!names.Add(name))
            {
                top.Diagnostics.Error(DiagnosticCode.DuplicateName, group.Position, $"two levels are named '{name}'");
            }

            int topology = group.Word("topology", Topologies);
            LevelDescription level = new()
            {
                Name = name,
                Topology = (TopologyKind)topology,
                Size = group.Integer("size", 0, MostChips, fallback: null),
                Dimensions = ReadDimensions(group),
                Slices = [.. group.Texts("slices").Select(one => ReadShape(group, one, "slices"))],
                SliceBlock = [.. group.Texts("sliceBlock").Select(side => group.ReadInteger(side, group.PathOf("sliceBlock"), 1, 100_000) ?? 1)],
                BandwidthPerChip = figures.DataRate(group, "bandwidthPerChip", 1e6, 1e15, $"{name}.bandwidthPerChip"),
                Latency = figures.Duration(group, "latency", 0, 1, $"{name}.latency"),
                LinksPerChip = group.Integer("linksPerChip", 1, 4096, 1),
                ReducesInSwitch = group.Flag("reducesInSwitch", fallback: false),
                Oversubscription = group.Quantity("oversubscription", QuantityKind.Number, 1, 1000) ?? 1,
                Planes = group.Integer("planes", 1, 4096, 1),
                Routing = (Routing)group.Word("routing", Routings, fallback: 0),
                OpenSides = ReadOpenSides(group),
                Tiers = ReadTiers(group),
                HasRails = group.Flag("rails", fallback: false),
            };
            figures.Structure(group, $"{figures.Subject}.{name}", Describe(level, Topologies[topology]));
            group.Finish();
            levels.Add(level);
        }

        return levels.ToImmutable();
    }

    private static string Describe(LevelDescription level, string topology)
    {
        string size = level.Size == 0 ? "any number" : level.Size.ToString(CultureInfo.InvariantCulture);
        string sides = level.Dimensions.IsEmpty ? "" : $" ({string.Join(" x ", level.Dimensions)})";
        string links = level.LinksPerChip == 1 ? "" : $", {level.LinksPerChip} links a chip";
        string reduces = level.ReducesInSwitch ? ", reduces in the switch" : "";
        string blocked = level.Oversubscription > 1 ? string.Create(CultureInfo.InvariantCulture, $", oversubscribed {level.Oversubscription}:1") : "";
        string planes = level.Planes == 1 ? "" : $", {level.Planes} planes";
        string open = level.OpenSides.Contains(true) ? ", not closed on every side" : "";
        string rails = level.HasRails ? ", in rails" : "";
        return $"{topology} of {size}{sides}{links}{planes}{open}{rails}{reduces}{blocked}";
    }

    private static ImmutableArray<int> ReadDimensions(MappingReader group)
    {
        ImmutableArray<int>.Builder sides = ImmutableArray.CreateBuilder<int>();
        foreach (YamlScalar side in group.Texts("dimensions"))
        {
            sides.Add(group.ReadInteger(side, group.PathOf("dimensions"), 1, 100_000) ?? 1);
        }

        return sides.ToImmutable();
    }

    private static ImmutableArray<int> ReadShape(MappingReader group, YamlScalar text, string key)
    {
        if (SystemSlices.Parse(text.Text) is { } shape)
        {
            return shape;
        }

        group.Diagnostics.Error(DiagnosticCode.UnknownWord, text.Position, $"'{text.Shortened}' in '{group.PathOf(key)}' is no shape; expected sides such as 2x4 or 2x2x4");
        return [];
    }

    private static ImmutableArray<bool> ReadOpenSides(MappingReader group)
    {
        ImmutableArray<bool>.Builder sides = ImmutableArray.CreateBuilder<bool>();
        foreach (YamlScalar word in group.Texts("openSides"))
        {
            bool isOpen = string.Equals(word.Text, "true", StringComparison.Ordinal);
            if (!isOpen && !string.Equals(word.Text, "false", StringComparison.Ordinal))
                group.Diagnostics.Error(DiagnosticCode.UnknownWord, word.Position, $"'{word.Shortened}' is neither 'true' nor 'false', one for each side");
            sides.Add(isOpen);
        }

        return sides.ToImmutable();
    }

    private static ImmutableArray<ClosTier> ReadTiers(MappingReader group)
    {
        ImmutableArray<ClosTier>.Builder tiers = ImmutableArray.CreateBuilder<ClosTier>();
        int below = 0;
        foreach (MappingReader tier in group.Groups("tiers"))
        {
            int chips = tier.Integer("chips", 1, MostChips, fallback: null);
            double blocked = tier.Quantity("oversubscription", QuantityKind.Number, 1, 1000) ?? 1;
            int paths = tier.Integer("paths", 1, 4096, 1);
            tier.Finish();
            if (chips <= below || (below > 0 && chips % below != 0))
                tier.Diagnostics.Error(DiagnosticCode.InconsistentLevels, tier.Position, $"a tier of {chips} chips must be a multiple of the {below} of the tier below it");
            below = Math.Max(1, chips);
            tiers.Add(new ClosTier(chips, blocked, paths));
        }

        return tiers.ToImmutable();
    }

    private static ImmutableArray<PriceReading> ReadPrices(MappingReader top, FigureReader figures)
    {
        ImmutableArray<MappingReader> groups = top.Groups("prices");
        if (groups.IsEmpty)
        {
            top.Missing("prices", "a list with at least one price; an unknown one has no 'perChipHour'");
        }

        ImmutableArray<PriceReading>.Builder prices = ImmutableArray.CreateBuilder<PriceReading>();
        HashSet<string> plans = new(StringComparer.Ordinal);
        foreach (MappingReader group in groups)
        {
            string plan = group.RequiredText("plan", "a plan such as on-demand");
            if (!plans.Add(plan))
            {
                top.Diagnostics.Error(DiagnosticCode.DuplicateName, group.Position, $"two prices are named '{plan}'");
            }

            double? price = group.Quantity("perChipHour", QuantityKind.Money, 1e-4, 1e5);
            string text = price is null ? "unknown" : group.Text("perChipHour");
            Reading<string> reading = figures.Structure(group, $"{figures.Subject}.price.{plan}", price is null ? text : text + " per chip-hour");
            if ((price is null) != (reading.Mark == Mark.Unknown) && !top.Diagnostics.HasErrors)
            {
                top.Diagnostics.Error(DiagnosticCode.MissingKey, group.Position, $"the price '{plan}' must have either 'perChipHour' or the mark 'unknown'");
            }

            group.Finish();
            prices.Add(new(plan, price, reading.Mark, reading.Date, reading.Source));
        }

        return prices.ToImmutable();
    }

    private static void CheckLevels(MappingReader top, ImmutableArray<LevelDescription> levels, ChipDescription chip, int perServer, int perDomain)
    {
        TextPosition place = top.Node("levels")!.Position;
        long chips = 1;
        bool domainIsALevel = perDomain == 1;
        for (int index = 0; index < levels.Length; index++)
        {
            LevelDescription level = levels[index];
            if (level.Size == 0 && index < levels.Length - 1)
            {
                Wrong($"level '{level.Name}' has the size 0 ('as many as the job has'), which only the last level may have");
            }

            int sides = level.Topology switch { TopologyKind.Torus2D => 2, TopologyKind.Torus3D => 3, _ => 0 };
            if (level.Dimensions.Length != sides)
            {
                Wrong($"level '{level.Name}' needs {sides} 'dimensions' and has {level.Dimensions.Length}");
            }
            else if (sides > 0 && level.Dimensions.Aggregate(1L, (product, side) => product * side) != level.Size)
            {
                Wrong($"the 'dimensions' of level '{level.Name}' do not multiply to its size {level.Size}");
            }

            CheckSlices(level, sides, Wrong);

            int turns = level.Topology == TopologyKind.Ring ? 1 : sides;
            if (!level.OpenSides.IsEmpty && level.OpenSides.Length != turns)
            {
                Wrong($"level '{level.Name}' has {turns} sides and {level.OpenSides.Length} 'openSides'");
            }

            if ((!level.Tiers.IsEmpty || level.HasRails) && level.Topology != TopologyKind.Clos)
            {
                Wrong($"level '{level.Name}' has 'tiers' or 'rails', which only a clos network has");
            }

            if (level.Name == ChipLevel)
            {
                if (index != 0 || level.Size != chip.RanksPerChip)
                {
                    Wrong($"the level '{ChipLevel}' must come first and join the {chip.RanksPerChip} ranks of a {chip.Name}; it has the size {level.Size}");
                }

                continue;
            }

            chips *= Math.Max(level.Size, 1);
            domainIsALevel |= chips == perDomain && level.Size > 0;
        }

        if (chip.RanksPerChip > 1 && levels[0].Name != ChipLevel)
        {
            Wrong($"a {chip.Name} has {chip.RanksPerChip} ranks; the first level must be '{ChipLevel}' and join them");
        }

        if (!domainIsALevel)
        {
            Wrong($"no level closes at the {perDomain} chips of 'chipsPerScaleUpDomain'");
        }

        if (perDomain % perServer != 0)
        {
            Wrong($"'chipsPerServer' {perServer} does not divide 'chipsPerScaleUpDomain' {perDomain}");
        }

        void Wrong(string message) => top.Diagnostics.Error(DiagnosticCode.InconsistentLevels, place, message);
    }

    private static void CheckSlices(LevelDescription level, int sides, Action<string> wrong)
    {
        if (level.Slices.IsEmpty && level.SliceBlock.IsEmpty)
        {
            return;
        }

        if (sides == 0)
        {
            wrong($"level '{level.Name}' is no torus and has no slices");
            return;
        }

        if (!level.SliceBlock.IsEmpty && (level.SliceBlock.Length != sides || level.Dimensions.Zip(level.SliceBlock).Any(static pair => pair.First % pair.Second != 0)))
        {
            wrong($"the torus of level '{level.Name}' is not made of the blocks of 'sliceBlock'");
        }

        ImmutableArray<int> whole = level.Dimensions.Sort();
        foreach (ImmutableArray<int> slice in level.Slices)
        {
            if (slice.Length != sides || slice.Sort().Zip(whole).Any(static pair => pair.First > pair.Second))
            {
                wrong($"the slice {SystemSlices.Text(slice)} does not fit into level '{level.Name}' of {SystemSlices.Text(level.Dimensions)}");
            }
        }
    }
}
