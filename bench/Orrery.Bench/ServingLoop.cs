using Orrery.Catalog;
using Orrery.Models;
using Orrery.Serving;

namespace Orrery.Bench;

/// <summary>The loop of a serving run alone: tables of times are full, the report is not made.</summary>
internal sealed class ServingLoop
{
    private readonly ServingRequest request;
    private readonly ServingPlan plan;
    private readonly ServingMemory memory;
    private readonly OperatorTimes times;
    private readonly ServingConstants constants;

    private ServingLoop(RequestTrace trace, string source)
    {
        DataCatalog catalog = DataCatalog.Open(DataCatalog.FindDataRoot());
        ServingContext context = new(catalog);
        SystemDescription system = catalog.System("dgx-h100").Value!;
        ServingStack stack = context.Stacks.Stack("vllm").Value!;
        request = new ServingRequest
        {
            Model = ModelLoader.Load("llama-3.1-70b", catalog.DataRoot).Value!,
            System = system,
            Stack = stack,
            Chips = 8,
            Workload = new ServingWorkload(trace, 0, 0, source),
            ContextTokens = 4096,
        };
        plan = PlanChoice.Of(request, 1).Plan!;
        memory = ServingMemory.Of(request.Model, plan, stack, system.Chip, 1);
        times = context.Times(request, system, plan, 1).Value!;
        constants = context.Stacks.ConstantsOf(stack, ModelClass.Dense, system.Chip);
    }

    public int Requests => request.Workload.Trace.Count;

    /// <summary>The Azure conversation hour, requests of at most 4,096 tokens.</summary>
    public static ServingLoop AzureHour()
    {
        string file = Path.Combine(DataCatalog.FindDataRoot(), "traces", "azure-llm-2023-conv.csv.gz");
        return new ServingLoop(TraceReader.Read(file, TraceLimits.Default with { ContextTokens = 4096 }).Value!, "azure");
    }

    /// <summary>Requests at five a second, prompts up to 2,048 and answers up to 512 tokens.</summary>
    public static ServingLoop Synthetic(int count) =>
        new(SyntheticTrace.Create(new PoissonArrivals(), 5, count, new LengthRange(2048, 0.05), new LengthRange(512, 0.05), 1), "synthetic");

    public void Run() => ServingRun.Of(request, plan, memory, times, constants, 1);
}
