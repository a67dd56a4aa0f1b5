using System.Globalization;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Interchange.Launch;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <summary>A serving request whose plan comes from engine arguments (<c>--from-launch</c>); flags of our own take their place where both say something.</summary>
public static class LaunchedEngine
{
    /// <summary>Flags that set an entry of a setup.</summary>
    private static readonly (string Entry, string Flag)[] Flags =
    [
        (EngineEntries.TensorParallel, "--tp"), (EngineEntries.PipelineParallel, "--pp"), (EngineEntries.DataParallel, "--dp"), (EngineEntries.ExpertParallel, "--ep"),
        (EngineEntries.Replicas, "--replicas"), (EngineEntries.Precision, "--precision"), (EngineEntries.KvPrecision, "--kv-precision"),
        (EngineEntries.MaxBatch, "--max-batch"), (EngineEntries.Chunk, "--chunk"), (EngineEntries.MaxContext, "--max-context"), (EngineEntries.Batching, "--batching"),
        (EngineEntries.Router, "--router"), (EngineEntries.PrefixCache, "--prefix-cache"), (EngineEntries.LogicalCore, "--lnc"),
    ];

    /// <summary>
    /// The request with the setup of <paramref name="input"/> where the flags leave it open; its stack takes what the arguments say of blocks and memory. What
    /// is wrong goes to <paramref name="problems"/>.
    /// </summary>
    public static ServingRequest Merge(ServingRequest request, EngineInput input, ParsedArguments arguments, string dataRoot, List<Diagnostic> problems)
    {
        int? logicalCore = request.Lnc ?? input.Framework.LogicalCoreOf(input.Settings);
        EngineJob job = new(request.Model, request.System, request.Stack, arguments.Integer("--chips") ?? 0, logicalCore);
        if (logicalCore is { } joined && request.System.Chip.RanksAt(joined, out string objection) is null)
        {
            problems.Add(new(Severity.Error, ServingCode.NoPlan, "--lnc", 0, 0, objection));
            return request;
        }

        EngineReading reading = input.Framework.Read(input.Settings, input.File, job, LaunchNames.Of(input.Framework, dataRoot));
        problems.AddRange(reading.Diagnostics);
        foreach ((string entry, string flag) in Flags)
        {
            if (reading.States(entry) && arguments.Text(flag) is { } given)
                problems.Add(new(Severity.Note, LaunchCodes.Overridden, flag, 0, 0, $"{Quote.Argument(given)} takes the place of {EngineEntries.Text(reading.Setup, entry)} in the launch arguments"));
        }

        EngineSetup setup = reading.Setup;
        // Replicas are what the other degrees leave; where a flag moves one of them, they move too.
        bool isMoved = arguments.Text("--tp") is not null || arguments.Text("--pp") is not null || arguments.Text("--dp") is not null;
        return request with
        {
            Lnc = logicalCore,
            Chips = arguments.Integer("--chips") ?? Chips(reading, job, problems),
            Stack = request.Stack with { BlockTokens = setup.BlockTokens, MemoryShare = setup.MemoryShare },
            TensorParallel = Number(request.TensorParallel, EngineEntries.TensorParallel, setup.Plan.TensorParallel),
            PipelineParallel = Number(request.PipelineParallel, EngineEntries.PipelineParallel, setup.Plan.PipelineParallel),
            DataParallel = Number(request.DataParallel, EngineEntries.DataParallel, setup.Plan.DataParallel),
            ExpertParallel = Number(request.ExpertParallel, EngineEntries.ExpertParallel, setup.Plan.ExpertParallel),
            Replicas = isMoved ? request.Replicas : Number(request.Replicas, EngineEntries.Replicas, setup.Plan.Replicas),
            Precision = request.Precision ?? (reading.States(EngineEntries.Precision) ? setup.Plan.Precision : null),
            ExpertPrecision = request.Precision is null && reading.States(EngineEntries.ExpertPrecision) ? setup.Plan.ExpertPrecision : request.ExpertPrecision,
            KvPrecision = arguments.Text("--kv-precision") is null && reading.States(EngineEntries.KvPrecision) ? setup.Plan.KvPrecision : request.KvPrecision,
            MaxBatch = Number(request.MaxBatch, EngineEntries.MaxBatch, setup.MaxBatch),
            TokenBudget = Number(request.TokenBudget, EngineEntries.Chunk, setup.TokenBudget),
            ContextTokens = Number(request.ContextTokens, EngineEntries.MaxContext, setup.ContextTokens),
            CachesPrefixes = arguments.Text("--prefix-cache") is null && reading.States(EngineEntries.PrefixCache) ? setup.CachesPrefixes : request.CachesPrefixes,
            Batching = request.Batching ?? (reading.States(EngineEntries.Batching) ? BatchingPolicies.Find(setup.Batching) : null),
            Router = request.Router ?? (reading.States(EngineEntries.Router) ? Routers.Find(setup.Router) : null),
        };

        int? Number(int? given, string entry, int read) => given ?? (reading.States(entry) ? read : null);
    }

    /// <summary>Chips that hold the ranks which the arguments start; 1 with a complaint where they fill part of a chip.</summary>
    private static int Chips(EngineReading reading, EngineJob job, List<Diagnostic> problems)
    {
        if (reading.Ranks % job.RanksPerChip == 0)
            return Math.Max(1, reading.Ranks / job.RanksPerChip);
        problems.Add(new(
            Severity.Error, LaunchCodes.Contradiction, LaunchInput.Flag, 0, 0,
            string.Create(CultureInfo.InvariantCulture, $"starts {reading.Ranks} ranks, which fill no whole number of chips of {job.RanksPerChip}; --chips says how many there are")));
        return 1;
    }
}
