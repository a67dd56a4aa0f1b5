using System.Collections.Immutable;
using Orrery.Engine;
using Orrery.Units;

namespace Orrery.Interchange;

/// <summary>What one rank did. The four times and the idle one sum to the makespan.</summary>
/// <param name="Rank">The rank of the trace.</param>
/// <param name="StandsFor">Ranks that run it.</param>
/// <param name="Compute">The accelerator computes.</param>
/// <param name="Communication">It does not, and the network carries data of the rank.</param>
/// <param name="HiddenCommunication">The network carries data of the rank while it computes; a part of <paramref name="Compute"/>.</param>
/// <param name="Host">Only the host works.</param>
/// <param name="Idle">Nothing of the rank works: it waits for others, or has ended.</param>
/// <param name="End">End of its last node.</param>
public readonly record struct RankTime(
    int Rank, int StandsFor, Seconds Compute, Seconds Communication, Seconds HiddenCommunication, Seconds Host, Seconds Idle, Seconds End);

/// <summary>Exchanges of one kind, algorithm and size of group, taken together.</summary>
/// <param name="Kind">What is done; <see cref="ChakraCollective.Unstated"/> for messages.</param>
/// <param name="Count">How many.</param>
/// <param name="Bytes">Of all, as each rank hands them in.</param>
/// <param name="Time">Of all, one after the other.</param>
/// <param name="Bound">What no algorithm could beat, likewise; where a node states that only a share of it shows, that share.</param>
public sealed record ExchangeSum(ChakraCollective Kind, string Algorithm, string Bottleneck, int Ranks, long Count, double Bytes, Seconds Time, Seconds Bound);

/// <summary>The outcome of a replay.</summary>
public sealed record ReplayReport
{
    public required ReplayProgram Program { get; init; }

    public required ReplayRun Run { get; init; }

    /// <summary>From the start of the first node to the end of the last.</summary>
    public required Seconds Makespan { get; init; }

    public required ImmutableArray<RankTime> Ranks { get; init; }

    /// <summary>Place in <see cref="Ranks"/> of the rank that ends last; of several, of the one that works longest.</summary>
    public required int Slowest { get; init; }

    public required ImmutableArray<ExchangeSum> Exchanges { get; init; }

    /// <summary>What limits most of the time of communication; empty where there is none.</summary>
    public required string LimitingLink { get; init; }

    /// <summary>Its share of that time.</summary>
    public required double LimitingShare { get; init; }

    /// <summary>Runs a program and sums up.</summary>
    public static ReplayReport Of(ReplayProgram program)
    {
        ReplayRun run = ReplayRun.Execute(program);
        Seconds makespan = ReplayProgram.Scale.ToSeconds(run.Makespan);
        ImmutableArray<RankTime>.Builder ranks = ImmutableArray.CreateBuilder<RankTime>(run.Clocks.Length);
        int slowest = 0;
        for (int index = 0; index < run.Clocks.Length; index++)
        {
            RankClock clock = run.Clocks[index];
            ChakraTrace trace = program.Set.Traces[index];
            long idle = run.Makespan - clock.Compute - clock.ExposedCommunication - clock.Host;
            ranks.Add(new RankTime(
                trace.Rank, program.Set.Traces.Length == 1 ? program.Set.World : trace.Count, Time(clock.Compute), Time(clock.ExposedCommunication),
                Time(clock.HiddenCommunication), Time(clock.Host), Time(idle), Time(clock.Last)));
            slowest = IsSlower(run.Clocks[index], run.Clocks[slowest]) ? index : slowest;
        }

        ImmutableArray<ExchangeSum> exchanges = Sum(program);
        (string link, double share) = Limit(exchanges);
        return new ReplayReport
        {
            Program = program,
            Run = run,
            Makespan = makespan,
            Ranks = ranks.ToImmutable(),
            Slowest = slowest,
            Exchanges = exchanges,
            LimitingLink = link,
            LimitingShare = share,
        };
    }

    private static Seconds Time(long ticks) => ReplayProgram.Scale.ToSeconds(ticks);

    private static bool IsSlower(in RankClock one, in RankClock other) =>
        one.Last != other.Last ? one.Last > other.Last : one.Compute + one.ExposedCommunication + one.Host > other.Compute + other.ExposedCommunication + other.Host;

    private static ImmutableArray<ExchangeSum> Sum(ReplayProgram program)
    {
        List<ExchangeSum> sums = [];
        Dictionary<(ChakraCollective, string, string, int), int> places = [];
        for (int task = 0; task < program.TaskCount; task++)
        {
            // A collective counts once, by its first member; a message where it is sent, or where its sender has no trace.
            int joint = program.Joint[task];
            bool counts = program.Exchange[task] >= 0 && (joint >= 0 ? program.JointMembers[program.JointStart[joint]] == task : program.Sender[task] < 0);
            if (!counts)
                continue;
            ReplayExchange exchange = program.Exchanges[program.Exchange[task]];
            (ChakraCollective, string, string, int) key = (exchange.Kind, exchange.Price.Algorithm, exchange.Price.Bottleneck, exchange.Ranks);
            if (!places.TryGetValue(key, out int place))
            {
                place = sums.Count;
                places.Add(key, place);
                sums.Add(new ExchangeSum(exchange.Kind, exchange.Price.Algorithm, exchange.Price.Bottleneck, exchange.Ranks, 0, 0, Seconds.Zero, Seconds.Zero));
            }

            ref readonly ChakraNode node = ref program.NodeOf(task);
            ExchangeSum sum = sums[place];
            sums[place] = sum with
            {
                Count = sum.Count + (long)Math.Max(1, node.Repeats),
                Bytes = sum.Bytes + (Math.Max(0, exchange.Bytes) * node.Repeats),
                Time = sum.Time + Time(exchange.Ticks),
                Bound = sum.Bound + (node.Repeats * Math.Min(1, node.Exposed) * exchange.Price.Bound),
            };
        }

        return [.. sums.OrderByDescending(static sum => sum.Time.Value)];
    }

    private static (string Link, double Share) Limit(ImmutableArray<ExchangeSum> exchanges)
    {
        double all = 0, most = 0;
        string link = "";
        SortedDictionary<string, double> byLink = new(StringComparer.Ordinal);
        foreach (ExchangeSum sum in exchanges)
        {
            all += sum.Time.Value;
            byLink[sum.Bottleneck] = byLink.GetValueOrDefault(sum.Bottleneck) + sum.Time.Value;
        }

        foreach ((string name, double time) in byLink)
        {
            if (time > most)
                (link, most) = (name, time);
        }

        return (link, all > 0 ? most / all : 0);
    }
}
