using System.Text.Json;
using Orrery.Catalog;
using Orrery.Models;
using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Interchange.Tests;

public sealed class ServingTimelineTests
{
    [Fact]
    public void Requests_wait_are_worked_on_and_generate_inside_their_slice_and_engines_have_rows()
    {
        DataCatalog catalog = DataCatalog.Open(RepositoryData.PathOf(""));
        ServingContext context = new(catalog);
        SystemDescription system = catalog.System("dgx-h100").Value!;
        ServingRequest request = new()
        {
            Model = ModelLoader.Load("llama-3.1-8b", RepositoryData.PathOf("")).Value!,
            System = system,
            Stack = context.Stacks.DefaultFor(system.Chip.Architecture).Value!,
            Chips = 2,
            TensorParallel = 1,
            MaxBatch = 8,
            Workload = new ServingWorkload(SyntheticTrace.Create(new PoissonArrivals(), 100, 200, new LengthRange(512), new LengthRange(32), 1), 0, 0, "test"),
        };
        ServingReport report = ServingRunner.Run(request, context, hasInterval: false).Report.ShouldNotBeNull();
        RecordedRun run = RecordedRun.Of(report, context);
        byte[] bytes = Written(run);
        Written(RecordedRun.Of(report, context)).ShouldBe(bytes);
        JsonElement root = JsonDocument.Parse(bytes).RootElement;
        root.GetProperty("otherData").GetProperty("requestsShown").GetString().ShouldBe("all");
        JsonElement[] events = [.. root.GetProperty("traceEvents").EnumerateArray()];
        events.Count(static one => one.GetProperty("name").GetString() == "process_name").ShouldBe(3);
        events.Count(static one => one.GetProperty("ph").GetString() == "X").ShouldBe(run.Recorder.Engines.Sum(static engine => engine.Bars.Count));
        events.Count(static one => one.GetProperty("ph").GetString() == "C").ShouldBeGreaterThan(10);
        bool hasQueued = false;
        foreach (IGrouping<long, JsonElement> slices in events.Where(static one => one.GetProperty("ph").GetString() is "b" or "e").GroupBy(static one => one.GetProperty("id").GetInt64()))
        {
            // Begin and end match as brackets, and time only goes on within the request.
            Stack<string> open = new();
            double innermost = double.NegativeInfinity;
            List<string> phases = [];
            foreach (JsonElement one in slices)
            {
                string name = one.GetProperty("name").GetString()!;
                double at = one.GetProperty("ts").GetDouble();
                at.ShouldBeGreaterThanOrEqualTo(innermost);
                innermost = at;
                if (one.GetProperty("ph").GetString() == "b")
                {
                    open.Push(name);
                    phases.Add(name.Split(' ')[0]);
                }
                else
                {
                    open.Pop().ShouldBe(name);
                }
            }

            open.ShouldBeEmpty();
            hasQueued |= phases.Remove("queued");
            phases.ShouldBe(["request", "prefill", "decode"]);
        }

        hasQueued.ShouldBeTrue();
    }

    private static byte[] Written(RecordedRun run)
    {
        using MemoryStream stream = new();
        ServingTimeline.Write(stream, run, [new("model", "test")]);
        return stream.ToArray();
    }
}
