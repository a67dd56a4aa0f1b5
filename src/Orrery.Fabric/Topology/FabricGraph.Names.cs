using System.Globalization;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Fabric;

/// <content>
/// What links and switches are called, in reports and in <c>--slow</c> and <c>--fail</c>:
/// <c>chip12/rack</c> the port of a chip into a level, both directions; <c>chip12/rack.3</c> one of its parallel links; <c>chip4-chip5</c> what joins two chips directly;
/// <c>rack2</c> the switches of the third rack (of any level with switches); <c>rack2.1</c> one plane of them; <c>cluster/tier0.3</c> the uplinks of a switch of the network.
/// Numbers count from 0.
/// </content>
public sealed partial class FabricGraph
{
    /// <summary>The name of a link and its direction.</summary>
    public string LinkName(int link)
    {
        FabricLevel level = _levels[LevelOf(link)];
        string name = level.Description.Name;
        for (int tier = level.Tiers.Length - 1; tier >= 0; tier--)
        {
            int offset = link - level.Tiers[tier].FirstLink;
            if (offset >= 0)
                return $"{name}/tier{tier}.{offset / 2 / level.Tiers[tier].Paths} {(offset % 2 == 0 ? "up" : "down")}";
        }

        int member = (link - level.FirstLink) / level.Ports, port = (link - level.FirstLink) % level.Ports;
        string kind = level.IsOfRanks ? "rank" : "chip";
        if (level.IsSwitched)
            return $"{kind}{member}/{name} {(port == 0 ? "out" : "in")}";
        int other = level.Neighbour(member, port);
        return $"{kind}{member}-{kind}{other} ({name})";
    }

    /// <summary>The kind of a link, without its number: what a folded answer can say of the link that limits it.</summary>
    public string LinkKind(int link)
    {
        FabricLevel level = _levels[LevelOf(link)];
        return level.Tiers.Length > 0 && link >= level.Tiers[0].FirstLink ? level.Description.Name + " uplinks" : level.Description.Name;
    }

    /// <summary>
    /// Multiplies what a link, port or switch carries by <paramref name="factor"/>; 0 takes it out of service. Returns what is wrong with the name, or
    /// null.
    /// </summary>
    public string? Apply(string name, double factor)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfNegative(factor);
        ReadOnlySpan<char> text = name.AsSpan().Trim();
        int slash = text.IndexOf('/'), dash = text.IndexOf('-');
        if (slash > 0)
            return ApplyPort(text[..slash], text[(slash + 1)..], factor);
        return dash > 0 && text[..dash].StartsWith("chip") ? ApplyPair(text[..dash], text[(dash + 1)..], factor) : ApplySwitch(text, factor);
    }

    /// <summary>Chips that have a link of theirs slow or gone, ascending.</summary>
    public IReadOnlyCollection<int> FaultyChips { get; private set; } = new SortedSet<int>();

    private string? ApplyPort(ReadOnlySpan<char> owner, ReadOnlySpan<char> where, double factor)
    {
        int dot = where.IndexOf('.');
        ReadOnlySpan<char> levelName = dot >= 0 ? where[..dot] : where;
        bool isTier = false;
        if (TryLevel(owner) is { } network && levelName.StartsWith("tier"))
        {
            isTier = true;
            if (!int.TryParse(levelName[4..], NumberStyles.None, CultureInfo.InvariantCulture, out int height) || height >= network.Tiers.Length)
                return $"'{levelName}' is no layer of switches of level '{owner}'{Expected(network)}";
            FabricTier tier = network.Tiers[height];
            if (dot < 0 || !int.TryParse(where[(dot + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int group) || group >= tier.Groups)
                return $"expected a switch from {owner}/{levelName}.0 to {owner}/{levelName}.{tier.Groups - 1}";
            for (int path = 0; path < tier.Paths; path++)
            {
                Scale(tier.Up(group, path), factor);
                Scale(tier.Down(group, path), factor);
            }

            for (int below = 0; below < Chips; below++)
            {
                if (tier.GroupOf(below, network.Stride) == group)
                    ((SortedSet<int>)FaultyChips).Add(below);
            }
        }

        if (isTier)
            return null;
        if (ChipOf(owner, out int chip) is { } problem)
            return problem;
        if (TryLevel(levelName) is not { } level || level.IsOfRanks)
            return $"'{levelName}' is no level; {Suggest(levelName)}";
        double kept = factor;
        if (dot >= 0)
        {
            int links = Math.Max(1, level.IsSwitched ? level.Description.LinksPerChip : level.Ports);
            if (!int.TryParse(where[(dot + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int one) || one >= links)
                return $"a chip has {links} links into level '{levelName}', numbered from 0; found '{where[(dot + 1)..]}'";
            if (!level.IsSwitched)
            {
                int other = level.Neighbour(chip, one);
                if (other < 0)
                    return $"link {one} of chip{chip} into level '{levelName}' leads nowhere: the side is open";
                ScalePair(level, chip, other, factor);
                return null;
            }

            kept = 1 - ((1 - factor) / links);
        }

        if (level.IsSwitched)
        {
            ScalePort(level, chip, kept);
            return null;
        }

        for (int port = 0; port < level.Ports; port++)
        {
            if (level.Neighbour(chip, port) is >= 0 and int other)
                ScalePair(level, chip, other, factor);
        }

        return null;
    }

    private string? ApplyPair(ReadOnlySpan<char> first, ReadOnlySpan<char> second, double factor)
    {
        if ((ChipOf(first, out int from) ?? ChipOf(second, out _)) is { } problem)
            return problem;
        _ = ChipOf(second, out int to);
        bool found = false;
        foreach (FabricLevel level in _levels)
        {
            if (level.IsSwitched || level.IsOfRanks)
                continue;
            for (int port = 0; port < level.Ports; port++)
            {
                if (level.Neighbour(from, port) == to)
                {
                    ScalePair(level, from, to, factor);
                    found = true;
                    break;
                }
            }
        }

        return found ? null : $"no link joins chip{from} and chip{to} directly; name the port of a chip into a level, such as chip{from}/{_levels[^1].Description.Name}";
    }

    private string? ApplySwitch(ReadOnlySpan<char> text, double factor)
    {
        int dot = text.IndexOf('.');
        ReadOnlySpan<char> name = dot >= 0 ? text[..dot] : text;
        int digits = name.Length;
        while (digits > 0 && char.IsAsciiDigit(name[digits - 1]))
            digits--;
        if (TryLevel(name[..digits]) is not { } level)
            return $"'{text}' names no link or switch; expected a name such as chip0/{_levels[^1].Description.Name}, chip0-chip1 or {_levels[^1].Description.Name}0; {Suggest(name[..digits])}";
        if (!level.IsSwitched)
            return $"level '{name[..digits]}' has no switches; name the links between its chips, such as chip0-chip1";
        int count = (level.Members + level.Domain - 1) / level.Domain;
        if (!int.TryParse(name[digits..], NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number >= count)
            return $"expected a switch from {level.Description.Name}0 to {level.Description.Name}{count - 1}; found '{name}'";
        int planes = Math.Max(1, level.Description.Planes);
        double kept = factor;
        if (dot >= 0)
        {
            if (!int.TryParse(text[(dot + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int plane) || plane >= planes)
                return $"level '{level.Description.Name}' has {planes} planes, numbered from 0; found '{text[(dot + 1)..]}'";
            kept = 1 - ((1 - factor) / planes);
        }

        int last = Math.Min(level.Members, (number + 1) * level.Domain);
        for (int chip = number * level.Domain; chip < last; chip++)
            ScalePort(level, chip, kept);
        return null;
    }

    private void ScalePort(FabricLevel level, int chip, double factor)
    {
        Scale(level.Up(chip), factor);
        Scale(level.Down(chip), factor);
        ((SortedSet<int>)FaultyChips).Add(chip);
    }

    private void ScalePair(FabricLevel level, int from, int to, double factor)
    {
        for (int port = 0; port < level.Ports; port++)
        {
            if (level.Neighbour(from, port) == to)
                Scale(level.FirstLink + (from * level.Ports) + port, factor);
            if (level.Neighbour(to, port) == from)
                Scale(level.FirstLink + (to * level.Ports) + port, factor);
        }

        ((SortedSet<int>)FaultyChips).Add(from);
        ((SortedSet<int>)FaultyChips).Add(to);
    }

    private void Scale(int link, double factor) => _scales[link] = (_scales.TryGetValue(link, out double scale) ? scale : 1) * factor;

    private string? ChipOf(ReadOnlySpan<char> text, out int chip)
    {
        chip = 0;
        bool isChip = text.StartsWith("chip") && int.TryParse(text[4..], NumberStyles.None, CultureInfo.InvariantCulture, out chip) && chip < Chips;
        return isChip ? null : $"expected a chip from chip0 to chip{Chips - 1}; found '{text}'";
    }

    private FabricLevel? TryLevel(ReadOnlySpan<char> name)
    {
        foreach (FabricLevel level in _levels)
        {
            if (name.SequenceEqual(level.Description.Name))
                return level;
        }

        return null;
    }

    private string Suggest(ReadOnlySpan<char> word)
    {
        string nearest = _levels[0].Description.Name;
        int best = int.MaxValue;
        foreach (FabricLevel level in _levels)
        {
            int distance = EditDistance.Between(word, level.Description.Name);
            if (distance < best)
                (best, nearest) = (distance, level.Description.Name);
        }

        return $"levels are {string.Join(", ", _levels.Where(static level => !level.IsOfRanks).Select(static level => level.Description.Name))}; the nearest is '{nearest}'";
    }

    private static string Expected(FabricLevel level) => level.Tiers.Length == 0
        ? "; it is one switch that never blocks"
        : $"; expected tier0 to tier{level.Tiers.Length - 1}";
}
