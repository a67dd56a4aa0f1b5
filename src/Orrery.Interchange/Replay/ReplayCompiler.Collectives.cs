using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Fabric;

namespace Orrery.Interchange;

/// <summary>Collectives of a program: who is in which group, and which nodes are one collective.</summary>
public sealed partial class ReplayCompiler
{
    private readonly Dictionary<ProcessGroup, int> _groupNumbers = [];
    private readonly Dictionary<(int Trace, int Name, uint Mask), int> _groupOf = [];
    private readonly List<GroupUse> _groups = [];
    private readonly Dictionary<(int Group, ChakraCollective Kind, double Bytes, double Share), int> _exchangeOf = [];

    private void JoinCollectives()
    {
        for (int trace = 0; trace < _set.Traces.Length; trace++)
        {
            ChakraTrace source = _set.Traces[trace];
            foreach (int node in source.Order)
            {
                ref readonly ChakraNode it = ref source.Node(node);
                if (it.Type != ChakraNodeType.Collective || it.Collective == ChakraCollective.Unstated)
                    continue;
                int number = GroupOf(trace, node);
                if (number < 0)
                    continue;
                GroupUse group = _groups[number];
                if (!group.Sequences.TryGetValue(trace, out List<int>? sequence))
                {
                    sequence = [];
                    group.Sequences.Add(trace, sequence);
                }

                sequence.Add(_first[trace] + node);
            }
        }

        for (int group = 0; group < _groups.Count; group++)
            Join(group);
    }

    /// <summary>The group of a collective, from the traces, the file of groups or the dimensions; -1 where there is none, which is told once for each name.</summary>
    private int GroupOf(int trace, int node)
    {
        ChakraTrace source = _set.Traces[trace];
        ref readonly ChakraNode it = ref source.Node(node);
        uint mask = it.HasDimensions && it.Group < 0 && _fabric.Dimensions is { } known ? it.Dimensions & (uint)((1L << known.Dimensions.Length) - 1) : uint.MaxValue;
        if (_groupOf.TryGetValue((trace, it.Group, mask), out int number))
            return number;
        number = FindGroup(source, node, mask, out ProcessGroup? found, out string name);
        if (found is not null)
            number = Use(trace, found, name);
        _groupOf.Add((trace, it.Group, mask), number);
        return number;
    }

    private int FindGroup(ChakraTrace source, int node, uint mask, out ProcessGroup? found, out string name)
    {
        ref readonly ChakraNode it = ref source.Node(node);
        name = "all ranks";
        found = ProcessGroup.All;
        if (it.Group >= 0)
        {
            string called = source.GroupNames[it.Group];
            name = $"group '{TraceMistakes.Clean(called)}'";
            if (!source.Groups.TryGetValue(called, out found) && !_fabric.Groups.TryGetValue(called, out found))
            {
                Complain(ReplayCodes.UnknownGroup, source.File, $"{source.Describe(node)} names {name}, which neither the trace nor a file of groups (--groups) defines");
                return -1;
            }
        }
        else if (_fabric.Dimensions is { } dimensions && mask != uint.MaxValue && mask != (uint)((1L << dimensions.Dimensions.Length) - 1))
        {
            found = new ProcessGroup(dimensions.GroupOf(source.Rank, mask), []);
            name = $"dimensions {string.Join(", ", Enumerable.Range(0, dimensions.Dimensions.Length).Where(d => (mask >> d & 1) != 0))}";
        }

        foreach (int rank in found.Ranks)
        {
            if ((uint)rank < (uint)_set.World)
                continue;
            Complain(ReplayCodes.UnknownGroup, source.File, $"{source.Describe(node)}: {name} holds rank {rank}; the job has {_set.World} ranks");
            found = null;
            return -1;
        }

        if (!found.Ranks.IsEmpty && !found.Ranks.Contains(source.Rank) && !_set.IsFolded)
        {
            Complain(ReplayCodes.GroupsDisagree, source.File, $"{source.Describe(node)} takes part in {name}, which does not hold its rank");
            found = null;
            return -1;
        }

        long members = 1;
        foreach (GroupAxis axis in found.Axes)
            members *= Math.Min(axis.Degree, 1 << 24);
        if (members <= _set.World)
            return -1;
        Complain(ReplayCodes.UnknownGroup, source.File, $"{source.Describe(node)}: {name} has {members} ranks; the job has {_set.World}");
        found = null;
        return -1;
    }

    private int Use(int trace, ProcessGroup group, string name)
    {
        int[] sorted = [.. group.Ranks];
        Array.Sort(sorted);
        if (sorted.Length == _set.World)
            sorted = [];
        ProcessGroup plain = new(ImmutableArray.Create(sorted), group.Axes);

        // A group given by axes is that of one trace and of the ranks that run like it.
        bool isOwn = !group.Axes.IsEmpty;
        if (!isOwn && _groupNumbers.TryGetValue(plain, out int number))
            return number;
        number = _groups.Count;
        _groups.Add(new GroupUse(name, plain, isOwn ? trace : -1));
        if (!isOwn)
            _groupNumbers.Add(plain, number);
        return number;
    }

    /// <summary>Joins the n-th collective of the group on each of its ranks with the n-th on all others.</summary>
    private void Join(int number)
    {
        GroupUse group = _groups[number];
        List<int> members = Members(group);
        if (members.Count == 0)
            return;
        List<int> leader = [];
        foreach (int trace in members)
        {
            if (group.Sequences.TryGetValue(trace, out List<int>? own) && own.Count > 0)
            {
                leader = own;
                break;
            }
        }

        bool agrees = true;
        foreach (int trace in members)
            agrees &= Agrees(group, leader, trace);
        if (!agrees)
            return;
        RankGroup? lies = _prices?.Place(group.Group, group.Group.Ranks.AsSpan());
        int size = lies?.Size ?? (group.Group.IsAll ? _set.World : group.Group.Ranks.Length);
        for (int index = 0; index < leader.Count; index++)
        {
            int joint = _jointStart.Count - 1;
            int exchange = Exchange(number, size, lies, leader[index], members, index);
            foreach (int trace in members)
            {
                int task = group.Sequences[trace][index];
                _joint[task] = joint;
                _exchange[task] = exchange;
                _duration[task] = _exchanges[exchange].Ticks;
                _kind[task] = ReplayTaskKind.Communication;
                _jointMembers.Add(task);

                // A communicator works through its collectives in order.
                if (index > 0)
                    _edges.Add((group.Sequences[trace][index - 1], task));
            }

            _ticks += _exchanges[exchange].Ticks;
            _jointStart.Add(_jointMembers.Count);
        }
    }

    private List<int> Members(GroupUse group)
    {
        List<int> members = [];
        if (group.Owner >= 0)
            members.Add(group.Owner);
        else if (group.Group.IsAll)
            members.AddRange(Enumerable.Range(0, _set.Traces.Length));
        else
        {
            foreach (int rank in group.Group.Ranks)
            {
                if (_traceOfRank.TryGetValue(rank, out int trace))
                    members.Add(trace);
            }

            // Folded, a rank may stand for others in groups that do not hold itself.
            HashSet<int> known = [.. members];
            foreach (int trace in group.Sequences.Keys)
            {
                if (known.Add(trace))
                    members.Add(trace);
            }
        }

        return members;
    }

    /// <summary>Whether a rank's collectives of the group are those of the first rank that has any: as many, of the same kind and size.</summary>
    private bool Agrees(GroupUse group, List<int> leader, int trace)
    {
        List<int> own = group.Sequences.TryGetValue(trace, out List<int>? sequence) ? sequence : [];
        for (int index = 0; index < Math.Min(own.Count, leader.Count); index++)
        {
            ref readonly ChakraNode one = ref NodeOf(leader[index]);
            ref readonly ChakraNode other = ref NodeOf(own[index]);
            if (one.Collective != other.Collective)
            {
                Complain(
                    ReplayCodes.GroupsDisagree, FileOf(own[index]),
                    $"{Words(own[index])}, collective {index + 1} of {group.Name}, is {other.Collective}; {Words(leader[index])} is {one.Collective}");
                return false;
            }

            if (one.CommunicationBytes != other.CommunicationBytes)
            {
                Complain(
                    ReplayCodes.GroupsDisagree, FileOf(own[index]),
                    $"{Words(own[index])}, collective {index + 1} of {group.Name}, hands in {other.CommunicationBytes:R} bytes; {Words(leader[index])} {one.CommunicationBytes:R}");
                return false;
            }
        }

        if (own.Count == leader.Count)
            return true;
        ChakraTrace source = _set.Traces[trace];
        (int alone, int count, int rank) = own.Count < leader.Count
            ? (leader[own.Count], own.Count, source.Rank)
            : (own[leader.Count], leader.Count, _set.Traces[_traceOf[leader[0]]].Rank);
        Complain(
            ReplayCodes.GroupsDisagree, source.File,
            $"{Words(alone)} is collective {count + 1} of {group.Name}; rank {rank} takes part in {count} of them and would be waited for");
        return false;
    }

    private int Exchange(int number, int size, RankGroup? lies, int task, List<int> members, int index)
    {
        GroupUse group = _groups[number];
        ref readonly ChakraNode it = ref NodeOf(task);
        if (lies is null)
        {
            // Who arrives last records least waiting: the shortest of the recorded times is the collective's own.
            long shortest = long.MaxValue;
            foreach (int trace in members)
                shortest = Math.Min(shortest, NodeOf(group.Sequences[trace][index]).DurationPicos);
            if (shortest == 0)
                Complain(ReplayCodes.NoDuration, FileOf(task), $"{Words(task)} records no duration; --system or --network gives one");
            _exchanges.Add(new ReplayExchange(it.Collective, group.Name, it.CommunicationBytes, size, default(ReplayPrice) with { Algorithm = "recorded", Bottleneck = "recorded" }, shortest));
            return _exchanges.Count - 1;
        }

        double share = it.Exposed * it.Repeats;
        if (_exchangeOf.TryGetValue((number, it.Collective, it.CommunicationBytes, share), out int exchange))
            return exchange;
        ReplayPrice price = _prices!.Collective(it.Collective, Math.Max(0, it.CommunicationBytes), lies);
        exchange = _exchanges.Count;
        _exchanges.Add(new ReplayExchange(it.Collective, group.Name, it.CommunicationBytes, size, price, Ticks(price.Time.Value * share, _set.Traces[_traceOf[task]], task - _first[_traceOf[task]])));
        _exchangeOf.Add((number, it.Collective, it.CommunicationBytes, share), exchange);
        return exchange;
    }

    /// <summary>A group in use.</summary>
    /// <param name="Name">In words.</param>
    /// <param name="Group">Its ranks ascend; empty for all, and where axes say.</param>
    /// <param name="Owner">The only trace in it; -1 where its ranks say.</param>
    private sealed record GroupUse(string Name, ProcessGroup Group, int Owner)
    {
        /// <summary>Its collectives on each trace, in program order.</summary>
        public SortedDictionary<int, List<int>> Sequences { get; } = [];
    }
}
