using System.Diagnostics;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Engine;
using Orrery.Fabric;
using Orrery.Training;

namespace Orrery.Bench;

/// <summary>
/// The headline numbers in a few seconds, in this process: CPU time and allocated bytes of one operation once warm. Best of five loops of at least a
/// fifth of a second; good to a few per cent on a quiet machine.
/// </summary>
internal static class Quick
{
    private const int Loops = 5;
    private static readonly TimeSpan LoopTime = TimeSpan.FromMilliseconds(200);

    private static string filter = "";

    /// <summary>The lines whose text holds <paramref name="only"/>.</summary>
    public static void Run(TextWriter output, string only)
    {
        filter = only;
        output.WriteLine("| what | CPU time of one | allocated bytes of one | rate |");
        output.WriteLine("|---|---|---|---|");

        EventQueue<int> queue = Workloads.FilledQueue();
        Line(output, "event taken and another scheduled, 10,000 pending", 1000, () => Workloads.Hold(queue, 1000), "events/s", 1);

        TaskGraph graph = new();
        TaskGraphRun run = new();
        Workloads.FillGraph(graph);
        Line(output, "task graph of 262,144 tasks run", 1, () => run.Execute(graph), "tasks/s", graph.TaskCount);
        Line(output, "the same built and run", 1, () => BuildAndRun(graph, run), "tasks/s", graph.TaskCount);

        SystemDescription system = Workloads.System("dgx-h100");
        ClosedFormCollectives collectives = Workloads.Collectives(system);
        RankGroup group = Workloads.DataGroup(system);
        Line(output, "all-reduce over 2,048 ranks, asked before", 1, () => collectives.Cost(Workloads.AllReduce(1e9), group), "1/s", 1);
        double size = 1e6;
        Line(output, "all-reduce over 2,048 ranks, never asked", 1, () => collectives.Cost(Workloads.AllReduce(size++), group), "1/s", 1);

        Func<FlowAnswer?> ring = Workloads.FlowRing(4096), whole = Workloads.FlowCluster(999_936), uneven = Workloads.FlowCluster(1_000_000);
        Func<Units.Seconds> exchange = Workloads.FlowExchange();
        Line(output, "ring all-reduce over 4,096 ranks as flows", 1, () => ring(), "1/s", 1);
        Line(output, "all-reduce over 999,936 chips of trn3-gen2 as flows, laid out anew", 1, () => whole(), "1/s", 1);
        Line(output, "the same over 1,000,000, the last UltraServer filled in part", 1, () => uneven(), "1/s", 1);
        Line(output, "exchange among 144 chips, 20,592 flows unfolded", 1, () => exchange(), "1/s", 1);

        TrainingContext training = Workloads.Training();
        Line(output, "training estimate, Llama-3.1-405B on 16,384 H100, closed form", 1, () => training.Steps.Estimate(Workloads.LargePlan, out _), "1/s", 1);
        Line(output, "the same step run as events", 1, () => training.Run.Execute(training.Steps, Workloads.LargePlan), "1/s", 1);

        ServingLoop hour = ServingLoop.AzureHour();
        ServingLoop million = ServingLoop.Synthetic(1_000_000);
        ServingLoop tenth = ServingLoop.Synthetic(100_000);
        Line(output, $"serving loop, Azure's hour on Llama-3.1-70B, dgx-h100, 2 x TP4, {hour.Requests:#,0} requests", 1, hour.Run, "requests/s", hour.Requests);
        Line(output, "serving loop, 100,000 made-up requests on the same", 1, tenth.Run, "requests/s", tenth.Requests);
        Once(output, "serving loop, a million of them", million.Run, "requests/s", million.Requests);
    }

    /// <summary>Something too long for many loops: once to warm, once to measure.</summary>
    private static void Once(TextWriter output, string what, Action once, string unit, double perOnce)
    {
        if (!what.Contains(filter, StringComparison.Ordinal))
            return;
        once();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        once();
        double seconds = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
        long bytes = GC.GetAllocatedBytesForCurrentThread() - allocated;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {Duration(seconds)} | {bytes} | {perOnce / seconds:0.##E+0} {unit} |"));
    }

    private static void BuildAndRun(TaskGraph graph, TaskGraphRun run)
    {
        Workloads.FillGraph(graph);
        run.Execute(graph);
    }

    private static void Line(TextWriter output, string what, int each, Action once, string unit, double perOnce)
    {
        if (!what.Contains(filter, StringComparison.Ordinal))
            return;
        // Long enough for the JIT to reach its last tier.
        Stopwatch warm = Stopwatch.StartNew();
        int calls = 0;
        while (warm.Elapsed < LoopTime || calls < 40)
        {
            once();
            calls++;
        }

        double best = double.PositiveInfinity;
        long bytes = long.MaxValue;
        for (int loop = 0; loop < Loops; loop++)
        {
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            Stopwatch wall = Stopwatch.StartNew();
            calls = 0;
            while (wall.Elapsed < LoopTime)
            {
                once();
                calls++;
            }

            bytes = Math.Min(bytes, (GC.GetAllocatedBytesForCurrentThread() - allocated) / ((long)calls * each));
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds / ((double)calls * each));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {Duration(best)} | {bytes} | {perOnce / best:0.##E+0} {unit} |"));
    }

    private static string Duration(double seconds) => seconds switch
    {
        < 1e-6 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e9:0.#} ns"),
        < 1e-3 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e6:0.##} us"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:0.##} ms"),
    };
}
