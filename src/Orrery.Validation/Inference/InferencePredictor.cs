using System.Globalization;
using Orrery.Catalog;
using Orrery.Models;
using Orrery.Serving;

namespace Orrery.Validation.Inference;

/// <summary>Runs the closed loop of a case. Operator times are shared by cases of one model, chip and layout, so that a fit only re-runs the loop.</summary>
public sealed class InferencePredictor(DataCatalog catalog, InferenceRules rules)
{
    private const ulong Seed = 1;

    private readonly ServingContext context = new(catalog);
    private readonly Dictionary<string, ModelArchitecture?> models = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SystemDescription?> systems = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OperatorTimes> times = new(StringComparer.Ordinal);
    private readonly Dictionary<(int, int, int, double), RequestTrace> traces = [];

    /// <summary>Serving stacks and their constants.</summary>
    public ServingCatalog Stacks => context.Stacks;

    /// <summary>How the case is read.</summary>
    public InferenceReading ReadingOf(InferenceCase row) => rules.Read(row);

    /// <summary>The serving stack of a case; null where there is none of its name.</summary>
    public ServingStack? StackOf(InferenceCase row) => context.Stacks.Stack(ReadingOf(row).Stack is { Length: > 0 } other ? other : row.Origin.Stack).Value;

    /// <summary>The class of constants of a case under its stack: the rules' word, else that of the model.</summary>
    public string ClassOf(InferenceCase row, InferenceReading reading) =>
        reading.Class.Length > 0 ? reading.Class : Model(row, reading) is { } model ? ModelClass.Of(model, reading.Experts) : ModelClass.Dense;

    /// <summary>The chip's family of a case; empty where its system is not in the catalogue.</summary>
    public ChipDescription? ChipOf(InferenceCase row) => System(row)?.Chip;

    /// <summary>The case made ready: everything but constants; null with <paramref name="why"/> where it cannot be.</summary>
    public PreparedCase? Prepare(InferenceCase row, InferenceReading reading, out string why)
    {
        why = "";
        if (Model(row, reading) is not { } model)
            why = $"the catalogue has no model '{row.ModelConfig}'";
        else if (System(row) is not { } system)
            why = $"the catalogue has no system for the chip '{row.Chip}'";
        else if (StackOf(row) is not { } stack)
            why = $"no serving stack is called '{row.Origin.Stack}'";
        else if (row.InputTokens is not { } input || row.OutputTokens is not { } output || Clients(row, reading) is not { } clients)
            why = "lengths, batch or concurrency are not stated";
        else
            return Prepare(row, model, system, stack, reading, input, output, clients, out why);
        return null;
    }

    /// <summary>A measured run made ready: its own requests at their own times, within the limits its engine had.</summary>
    public PreparedCase? Prepare(MeasuredRun run, out string why)
    {
        InferenceReading reading = rules.Read(run.Case) with { Method = InferenceMethod.Offline };
        if (Prepare(run.Case, reading, out why) is not { } prepared)
            return null;
        return prepared with
        {
            Request = prepared.Request with
            {
                Workload = new ServingWorkload(run.Requests, 0, 0, "measured"),
                ContextTokens = null,
                MaxBatch = run.MaxSequences,
                TokenBudget = run.TokenBudget,
            },
        };
    }

    /// <summary>Requests in flight, sequences of the batch, or requests of the run.</summary>
    private static int? Clients(InferenceCase row, InferenceReading reading) => reading.Method switch
    {
        InferenceMethod.StaticBatch => row.Batch ?? 1,
        InferenceMethod.Offline => row.Requests,
        _ => row.Concurrency,
    };

    private PreparedCase? Prepare(
        InferenceCase row, ModelArchitecture model, SystemDescription system, ServingStack stack, InferenceReading reading, int input, int output, int clients, out string why)
    {
        why = "";
        stack = AsRun(stack, reading);
        ServingPlan plan = new()
        {
            TensorParallel = reading.TensorParallel,
            DataParallel = reading.AttentionDataParallel,
            PipelineParallel = row.PipelineParallel ?? 1,
            ExpertParallel = reading.ExpertParallel,
            Replicas = 1,
            Precision = reading.Linear,
            ExpertPrecision = reading.Experts,
            KvPrecision = reading.Kv,
        };
        int ranksPerChip = system.Chip.RanksPerChip;
        bool isLoop = reading.Method == InferenceMethod.ClosedLoop;
        int requests = isLoop ? clients * reading.RequestsPerClient : clients;
        if (!traces.TryGetValue((input, output, requests, reading.LengthShare), out RequestTrace? trace))
        {
            trace = SyntheticTrace.Waiting(requests, new LengthRange(input, reading.LengthShare), new LengthRange(output, reading.LengthShare), Seed);
            traces[(input, output, requests, reading.LengthShare)] = trace;
        }

        ServingRequest request = new()
        {
            Model = model,
            System = system,
            Stack = stack,
            Chips = Math.Max(1, plan.RanksPerReplica / ranksPerChip),
            Workload = new ServingWorkload(trace, isLoop ? clients : 0, reading.ClientDelay, "measured"),
            ContextTokens = input + output,
            TokenBudget = reading.TokenBudget > 0 ? reading.TokenBudget * (reading.BudgetsByRank ? plan.DataParallel : 1) : null,
            MaxBatch = reading.MaxBatch > 0 ? reading.MaxBatch : isLoop ? Math.Max(stack.MaxBatch, clients) : null,
            IsCold = isLoop && !reading.IsWarm,
        };
        ServingMemory memory = ServingMemory.Of(model, plan, stack, system.Chip, ranksPerChip);
        if (reading.Limits is { } limits)
            request = limits.Set(request, plan, memory, input, output);
        double longest = new KvLayout(model, plan).BytesPerToken * (input + output + (2 * stack.BlockTokens));
        if (memory.Cache.Value * plan.DataParallel < longest && reading.Method != InferenceMethod.StaticBatch)
        {
            why = string.Create(CultureInfo.InvariantCulture, $"the weights ({memory.Weights.Value / 1e9:F0} GB a rank) leave no room for one request");
            return null;
        }

        string key = string.Create(
            CultureInfo.InvariantCulture,
            $"{model.Name}|{system.Id}|{stack.Id}|{plan.TensorParallel}|{plan.DataParallel}|{plan.PipelineParallel}|{plan.ExpertParallel}|{plan.Precision}|{plan.ExpertPrecision}|{plan.KvPrecision}");
        if (!times.TryGetValue(key, out OperatorTimes? operators))
        {
            Result<OperatorTimes> made = context.Times(request, system, plan, ranksPerChip);
            if (made.Value is null)
            {
                why = made.Diagnostics[0].Message;
                return null;
            }

            operators = made.Value;
            times[key] = operators;
        }

        return new PreparedCase(
            request, plan, memory, operators, reading, input, output, reading.Method == InferenceMethod.StaticBatch ? clients : 0, stack.IsCompiled ? row.MaxSequence ?? (input + output) : 0);
    }

    /// <summary>The stack with what the row's engine was started with.</summary>
    private static ServingStack AsRun(ServingStack stack, InferenceReading reading) => stack with
    {
        StreamInterval = reading.StreamInterval,
        MemoryShare = reading.MemoryShare > 0 ? reading.MemoryShare : stack.MemoryShare,
        Pace = stack.Pace with
        {
            PollIterations = reading.PollIterations > 0 ? reading.PollIterations : stack.Pace.PollIterations,
            HoldIterations = reading.HoldIterations > 0 ? reading.HoldIterations : stack.Pace.HoldIterations,
            HoldShare = reading.HoldShare > 0 ? reading.HoldShare : stack.Pace.HoldShare,
            HoldRequests = reading.HoldsForRanks ? reading.AttentionDataParallel : stack.Pace.HoldRequests,
        },
    };

    private ModelArchitecture? Model(InferenceCase row, InferenceReading reading)
    {
        string name = reading.Model.Length > 0 ? reading.Model : row.ModelConfig;
        if (!models.TryGetValue(name, out ModelArchitecture? model))
        {
            model = name.Length > 0 ? ModelLoader.Load(name, catalog.DataRoot).Value : null;
            models[name] = model;
        }

        return model;
    }

    private SystemDescription? System(InferenceCase row)
    {
        string key = $"{row.Origin.System}|{row.Chip}";
        if (!systems.TryGetValue(key, out SystemDescription? system))
        {
            system = row.Origin.System.Length > 0 ? catalog.System(row.Origin.System).Value : null;
            systems[key] = system;
        }

        return system;
    }
}
