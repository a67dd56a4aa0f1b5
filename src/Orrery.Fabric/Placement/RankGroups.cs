using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Fabric;

/// <summary>
/// Lays the groups of plans on one system. Ranks are numbered from 0 along the levels, innermost first, without gaps, so a rank's place at each
/// level is its number over the ranks below. A job that cannot fill its domains is spread evenly over few of them, as schedulers do: 256 chips on
/// racks of 72 are four times 64. Remembers every plan and hands out one object for equal groups; after the first call with a plan nothing is
/// allocated. Not for use by several threads at once.
/// </summary>
/// <remarks>
/// Groups with their members at a constant stride s, as all groups of a plan are, meet a domain of D ranks in gcd(degree, D/s) members
/// where D is a multiple of s and the whole group fits evenly; exact in that case. Otherwise the smallest part of the group is what counts:
/// every algorithm is limited by the ports of the part that has fewest.
/// </remarks>
public sealed partial class RankGroups
{
    // A job may take up to a quarter more domains than would hold it, if it then lies evenly.
    private const int SpareShare = 4;

    private readonly int[] _rated;
    private readonly int[] _domains;
    private readonly int _ranksPerChip;
    private readonly int _ranksPerServer;
    private int _spreadFor;
    private readonly Dictionary<RankGroup, RankGroup> _interned = [];
    private readonly Dictionary<(RankOrder, ParallelDegrees), PlacedGroups> _placed = [];
    private readonly RankGroup _single;

    /// <summary>Groups on <paramref name="system"/> with <paramref name="ranksPerChip"/> ranks (at least 1) scheduled on each chip.</summary>
    public RankGroups(SystemDescription system, int ranksPerChip)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ranksPerChip, 1);
        _ranksPerChip = ranksPerChip;
        _rated = Domains(system, ranksPerChip);
        _domains = [.. _rated];
        _ranksPerServer = Math.Max(1, system.ChipsPerServer) * ranksPerChip;
        _single = RankGroup.Single(_domains.Length);
    }

    /// <summary>Places one plan; for many, keep a <see cref="RankGroups"/>.</summary>
    public static PlacedGroups Place(SystemDescription system, RankOrder order, in ParallelDegrees degrees, int ranksPerChip) =>
        new RankGroups(system, ranksPerChip).Place(order, degrees);

    /// <summary>
    /// The groups of a plan. Throws <see cref="ArgumentException"/> for degrees that are not <see cref="ParallelDegrees.IsLegal"/> or whose
    /// ranks pass 2^31.
    /// </summary>
    public PlacedGroups Place(RankOrder order, in ParallelDegrees degrees)
    {
        if (_placed.TryGetValue((order, degrees), out PlacedGroups? known))
            return known;
        if (!degrees.IsLegal || degrees.Ranks > int.MaxValue)
            throw new ArgumentException($"{degrees} cannot be laid on ranks", nameof(degrees));
        Spread((int)degrees.Ranks);
        PlacedGroups placed = Lay(order, degrees);
        _placed.Add((order, degrees), placed);
        return placed;
    }

    /// <summary>
    /// The group of <paramref name="degree"/> ranks, <paramref name="stride"/> apart, in a job of <paramref name="total"/> ranks that is cut
    /// into such groups.
    /// </summary>
    public RankGroup Group(int stride, int degree, int total)
    {
        Spread(total);
        return Group([new Axis(stride, degree)], total);
    }

    private PlacedGroups Lay(RankOrder order, in ParallelDegrees degrees)
    {
        int total = (int)degrees.Ranks;
        int[] dense = order.Strides(ParallelAxis.Expert, degrees.Tensor, degrees.Context, 1, degrees.Data, degrees.Pipeline);
        int[] expert = order.Strides(ParallelAxis.Context, degrees.ExpertTensor, 1, degrees.Expert, degrees.ExpertData, degrees.Pipeline);
        Axis tensor = new(dense[(int)ParallelAxis.Tensor], degrees.Tensor);
        Axis context = new(dense[(int)ParallelAxis.Context], degrees.Context);
        Axis data = new(dense[(int)ParallelAxis.Data], degrees.Data);
        Axis stages = new(dense[(int)ParallelAxis.Pipeline], degrees.Pipeline);
        ImmutableArray<RankGroup> hops = Hops(stages, total);
        return new PlacedGroups(
            Tensor: Group([tensor], total),
            Context: Group([context], total),
            Data: Group(data, context, total),
            Expert: Group([new Axis(expert[(int)ParallelAxis.Expert], degrees.Expert)], total),
            ExpertTensor: Group([new Axis(expert[(int)ParallelAxis.Tensor], degrees.ExpertTensor)], total),
            ExpertData: Group([new Axis(expert[(int)ParallelAxis.Data], degrees.ExpertData)], total),
            Shard: Shard(data, context, degrees.ShardRanks, total),
            Replica: Replica(data, context, degrees.ShardRanks, total),
            Stages: Group([stages], total),
            Hops: hops,
            Hop: Farthest(hops),
            Whole: Group([new Axis(1, total)], total),
            ContextInner: Group([context with { Degree = degrees.ContextInner }], total),
            ContextOuter: Group([new Axis(context.Stride * degrees.ContextInner, context.Degree / degrees.ContextInner)], total));
    }

    private RankGroup Shard(Axis data, Axis context, int ranks, int total)
    {
        long all = (long)data.Degree * context.Degree;
        if (ranks <= 0 || ranks >= all)
            return Group(data, context, total);

        // The inner axis fills up first; a share that is no multiple of it takes the inner axis whole, the group it would be if padded.
        (Axis inner, Axis outer) = context.Stride < data.Stride || data.Degree == 1 ? (context, data) : (data, context);
        return ranks <= inner.Degree
            ? Group([inner with { Degree = ranks }], total)
            : Group(inner, outer with { Degree = (ranks + inner.Degree - 1) / inner.Degree }, total);
    }

    /// <summary>One rank of every shard group: what is left of the axes that <see cref="Shard"/> fills from inside.</summary>
    private RankGroup Replica(Axis data, Axis context, int ranks, int total)
    {
        long all = (long)data.Degree * context.Degree;
        if (ranks <= 0 || ranks >= all)
            return _single;
        (Axis inner, Axis outer) = context.Stride < data.Stride || data.Degree == 1 ? (context, data) : (data, context);
        if (ranks <= inner.Degree)
            return Group(new Axis(inner.Stride * ranks, Math.Max(1, inner.Degree / ranks)), outer, total);
        int blocks = (ranks + inner.Degree - 1) / inner.Degree;
        return Group([new Axis(outer.Stride * blocks, Math.Max(1, outer.Degree / blocks))], total);
    }

    private ImmutableArray<RankGroup> Hops(Axis stages, int total)
    {
        if (stages.Degree <= 1)
            return [];
        RankGroup[] hops = new RankGroup[stages.Degree - 1];
        for (int stage = 0; stage + 1 < stages.Degree; stage++)
        {
            // All ranks of all pipelines send at once; the hop is as far as the farthest of them goes.
            int level = _domains.Length - 1;
            while (level > 0 && !Crosses(stages, stage, _domains[level - 1], total))
                level--;

            int[] fanout = new int[_domains.Length];
            Array.Fill(fanout, 1);
            fanout[level] = 2;

            // Every rank of the chip sends at the same time, unless the neighbour is on the chip itself.
            bool onChip = _ranksPerChip > 1 && _domains[level] <= _ranksPerChip;
            hops[stage] = Intern(fanout, onChip ? Math.Max(1, _ranksPerChip / 2) : _ranksPerChip, 2);
        }

        return ImmutableArray.Create(hops);
    }

    /// <summary>True where some rank of the stage and its neighbour in the next lie in different domains of <paramref name="domain"/> ranks.</summary>
    private static bool Crosses(Axis stages, int stage, long domain, int total)
    {
        if (domain >= total)
            return false;
        if (stages.Stride >= domain)
            return true;
        long span = (long)stages.Stride * stages.Degree;
        long period = domain / GreatestCommonDivisor(domain, span % domain == 0 ? domain : span % domain);
        for (long pipelines = 0; pipelines < Math.Min(period, total / span); pipelines++)
        {
            long first = ((pipelines * span) + ((long)stage * stages.Stride)) % domain;
            if (first + (2L * stages.Stride) > domain)
                return true;
        }

        return false;
    }

    private RankGroup Farthest(ImmutableArray<RankGroup> hops)
    {
        RankGroup farthest = _single;
        int outermost = -1;
        foreach (RankGroup hop in hops)
        {
            int level = hop.Fanout.IndexOf(2);
            if (level > outermost)
            {
                outermost = level;
                farthest = hop;
            }
        }

        return farthest;
    }

    private RankGroup Group(Axis one, Axis other, int total)
    {
        (Axis inner, Axis outer) = one.Stride <= other.Stride ? (one, other) : (other, one);
        return outer.Degree == 1 || inner.Degree == 1 || outer.Stride == (long)inner.Stride * inner.Degree
            ? Group([new Axis(inner.Degree == 1 ? outer.Stride : inner.Stride, inner.Degree * outer.Degree)], total)
            : Group([inner, outer], total);
    }

    private RankGroup Group(ReadOnlySpan<Axis> axes, int total)
    {
        long size = 1;
        foreach (Axis axis in axes)
            size *= axis.Degree;
        if (size <= 1)
            return _single;
        int[] fanout = new int[_domains.Length];
        long below = 1;
        int onChip = 1;
        for (int level = 0; level < _domains.Length; level++)
        {
            long inside = level == _domains.Length - 1 ? size : Math.Min(size, Members(axes, _domains[level], total));
            inside = Math.Max(inside, below);

            // Uneven parts: as many of the smallest as it takes to hold the whole.
            long members = (inside + below - 1) / below;
            fanout[level] = (int)members;
            below *= members;
            if (_domains[level] <= _ranksPerChip)
                onChip = (int)below;
        }

        return Intern(fanout, Math.Max(1, _ranksPerChip / onChip), (int)size);
    }

    private RankGroup Intern(int[] fanout, int concurrent, int size)
    {
        int[] sharing = new int[fanout.Length];
        Array.Fill(sharing, concurrent);
        RankGroup group = new(ImmutableArray.Create(fanout), ImmutableArray.Create(sharing)) { Size = size };
        if (_interned.TryGetValue(group, out RankGroup? known))
            return known;
        _interned.Add(group, group);
        return group;
    }

    /// <summary>Members of the group in the domain of <paramref name="domain"/> ranks that holds fewest of it.</summary>
    private static long Members(ReadOnlySpan<Axis> axes, long domain, int total)
    {
        long members = 1;
        foreach (Axis axis in axes)
            members *= Members(axis, domain, total);
        return members;
    }

    private static long Members(Axis axis, long domain, int total)
    {
        if (axis.Degree == 1 || total <= domain)
            return axis.Degree;
        if (axis.Stride >= domain)
            return 1;
        long span = (long)axis.Stride * axis.Degree;
        if (domain % axis.Stride != 0)
            return Math.Min(axis.Degree, Math.Max(1, domain / axis.Stride));
        if (domain % span == 0)
            return axis.Degree;
        long slots = domain / axis.Stride;
        if (axis.Degree % slots == 0)
            return slots;

        // Runs of Degree slots over domains of `slots`: the pattern repeats after lcm/Degree runs.
        long runs = total / span;
        long period = slots / GreatestCommonDivisor(slots, axis.Degree);
        long least = slots;
        for (long run = 0; run < Math.Min(runs, period); run++)
        {
            long start = run * axis.Degree % slots;
            if (start + axis.Degree <= slots)
            {
                least = Math.Min(least, axis.Degree);
                continue;
            }

            long head = slots - start;
            long tail = (start + axis.Degree) % slots;
            least = Math.Min(least, tail == 0 ? head : Math.Min(head, tail));
        }

        return least;
    }

    private static long GreatestCommonDivisor(long a, long b)
    {
        while (b != 0)
            (a, b) = (b, a % b);
        return a;
    }

    /// <summary>Sets how many ranks of each domain a job of <paramref name="total"/> ranks uses.</summary>
    private void Spread(int total)
    {
        if (_spreadFor == total)
            return;
        _spreadFor = total;
        int whole = total;
        for (int level = _domains.Length - 2; level >= 0; level--)
        {
            int rated = _rated[level];
            _domains[level] = rated;
            if (whole <= rated)
                continue;

            // Whole servers where the domain is made of them, whole chips inside a server.
            int unit = rated > _ranksPerServer ? _ranksPerServer : Math.Min(rated, _ranksPerChip);
            int fewest = (whole + rated - 1) / rated;

            // No more parts than the domain around them has; the network has any number.
            int most = level == _domains.Length - 2 ? int.MaxValue : _rated[level + 1] / rated;
            for (int parts = fewest; parts <= Math.Min(most, fewest + (fewest / SpareShare) + 1); parts++)
            {
                if (whole % parts == 0 && whole / parts % unit == 0)
                {
                    _domains[level] = whole / parts;
                    break;
                }
            }

            whole = _domains[level];
        }
    }

    /// <summary>Ranks below one member of each level; the outermost holds any number.</summary>
    private static int[] Domains(SystemDescription system, int ranksPerChip)
    {
        int[] domains = new int[system.Levels.Length];
        long ranks = 1;
        for (int level = 0; level < domains.Length; level++)
        {
            LevelDescription description = system.Levels[level];
            bool isChip = level == 0 && description.Name == ChipLevel;
            if (level == 0 && !isChip)
                ranks = ranksPerChip;
            ranks = isChip ? ranksPerChip : description.Size <= 0 ? int.MaxValue : Math.Min(int.MaxValue, ranks * description.Size);
            domains[level] = (int)ranks;
        }

        return domains;
    }

    /// <summary>Name of the level that joins the ranks of one chip.</summary>
    public const string ChipLevel = "chip";

    private readonly record struct Axis(int Stride, int Degree);
}
