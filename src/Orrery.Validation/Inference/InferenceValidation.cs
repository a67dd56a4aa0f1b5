using System.Collections.Immutable;
using Orrery.Accounting;
using Orrery.Catalog;
using Orrery.Serving;
using Orrery.Units;
using Orrery.Validation.Cases;
using Orrery.Validation.Kernels;
using Orrery.Validation.Scoring;

namespace Orrery.Validation.Inference;

/// <summary>Everything <c>orrery validate inference</c> does between its flags and its printing.</summary>
/// <param name="Report">Null where a file could not be read as it stands.</param>
public sealed record InferenceValidation(ValidationReport? Report, ImmutableArray<Diagnostic> Diagnostics)
{
    private const double FullCache = 0.97;

    /// <summary>Closed loops with other constants than the fitted; empty where nothing fitted was used.</summary>
    public ImmutableArray<CarriedConstants> Others { get; init; } = [];

    /// <summary>
    /// Reads cases, runs each closed loop and scores time per token, time to the first token and throughput apart; the catalogue's own also replay the
    /// requests of measured runs.
    /// </summary>
    /// <param name="caseFiles">Files of cases; empty is the catalogue's own, and its measured runs.</param>
    /// <param name="isGeneric">Take the constants of no fit throughout.</param>
    public static InferenceValidation Run(DataCatalog catalog, ImmutableArray<string> caseFiles, bool isGeneric = false)
    {
        Result<InferenceRules> rules = InferenceRules.Load(catalog.DataRoot);
        if (rules.Value is null)
            return new InferenceValidation(null, rules.Diagnostics);
        ImmutableArray<string> files = caseFiles.IsDefaultOrEmpty ? ValidationFiles.Inference(catalog.DataRoot) : caseFiles;
        ImmutableArray<Diagnostic>.Builder diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();
        bool failed = false;
        HashSet<string> seen = CalibrationRows.ReadFolder(Path.Combine(catalog.DataRoot, "calibration", "serving"));
        CaseScorer scorer = new(seen);
        InferencePredictor predictor = new(catalog, rules.Value);
        OtherConstants? others = isGeneric ? null : new(predictor.Stacks, seen);
        EnergyModel energy = EnergyModel.Open(catalog.DataRoot);
        HashSet<string> powered = CalibrationRows.ReadFolder(Path.Combine(catalog.DataRoot, "calibration", "power"));
        MeasuredPoints points = new();
        List<InferenceCase> counted = [];
        foreach (string path in files)
        {
            CaseFile<InferenceCase> file = InferenceCase.Read(path);
            diagnostics.AddRange(file.Diagnostics);
            failed |= file.HasErrors;
            foreach (InferenceCase row in file.Cases)
            {
                if (points.Counts(row, predictor.ReadingOf(row)))
                {
                    Score(scorer, predictor, energy, powered, row, isGeneric, others);
                    counted.Add(row);
                }
                else
                {
                    scorer.Add(row.Origin with { IsExpressible = false, WhyNot = MeasuredPoints.Reason }, null, static () => default, isRate: false, group: $"{row.Origin.Group}, counted once");
                }
            }
        }

        Result<InferenceRecipes> recipes = InferenceRecipes.Load(catalog.DataRoot);
        diagnostics.AddRange(recipes.Diagnostics);
        if (!isGeneric && recipes.Value is { } known)
            ScoreLeftOut(scorer, predictor, counted, known.All);
        if (caseFiles.IsDefaultOrEmpty)
        {
            CaseFile<MeasuredRun> runs = MeasuredRun.Read(ValidationFiles.ServedRuns(catalog.DataRoot));
            diagnostics.AddRange(runs.Diagnostics);
            failed |= runs.HasErrors;
            foreach (MeasuredRun run in runs.Cases)
            {
                Score(scorer, predictor, run, isGeneric);
                if (!isGeneric && recipes.Value?.Runs is { } own)
                    ScoreOwn(scorer, predictor, run, own);
            }
        }

        return new InferenceValidation(failed ? null : scorer.Report("inference"), diagnostics.ToImmutable()) { Others = others?.Table() ?? [] };
    }

    private static void Score(CaseScorer scorer, InferencePredictor predictor, EnergyModel energy, HashSet<string> poweredRows, InferenceCase row, bool isGeneric, OtherConstants? others)
    {
        InferenceReading reading = predictor.ReadingOf(row);
        CaseOrigin origin = row.Origin;
        if (origin.IsExpressible && reading.SetAside.Length > 0)
        {
            CaseOrigin aside = origin with { IsExpressible = false, WhyNot = reading.SetAside };
            scorer.Add(aside, null, static () => default, isRate: false, group: $"{origin.Group}, set aside");
            return;
        }

        string slice = $"{predictor.StackOf(row)?.Id ?? origin.Stack} {predictor.ClassOf(row, reading)} {predictor.ChipOf(row)?.Family ?? row.Chip}";
        string why = "";
        PreparedCase? prepared = origin.IsExpressible ? predictor.Prepare(row, reading, out why) : null;
        InferenceFigures central = default;
        InferenceFigures fast = default;
        InferenceFigures slow = default;
        double peak = 0;
        double waiting = 1;
        if (prepared is not null)
        {
            (ServingConstants constants, double sigma, double firstTokenSigma) = Constants(predictor, prepared, predictor.ClassOf(row, reading), isGeneric);
            waiting = EightyPercentInterval.Factor(firstTokenSigma);
            central = prepared.Run(constants);
            fast = prepared.Run(constants, 1 / EightyPercentInterval.Factor(sigma));
            slow = prepared.Run(constants, EightyPercentInterval.Factor(sigma));
            peak = reading.Method == InferenceMethod.Offline || reading.IsOverWhole ? 0 : Roofline(prepared, row, reading);
            others?.Add(row, prepared, predictor.ClassOf(row, reading), central.PerToken, peak);
        }

        Scoring.Prediction Of(double value, double one, double other, double? atPeak = null) => prepared is null
            ? Scoring.Prediction.Skip(why)
            : Scoring.Prediction.Of(value, Math.Min(value, Math.Min(one, other)), Math.Max(value, Math.Max(one, other)), reading.Rules, atPeak);

        if (origin.PrimaryMetric == "output_tokens_per_s")
            scorer.Add(origin, row.OutputTokensPerSecond, () => Of(central.OutputTokensPerSecond, fast.OutputTokensPerSecond, slow.OutputTokensPerSecond), isRate: true, slice: slice);
        else
            scorer.Add(origin, row.PerTokenMs, () => Of(central.PerToken * 1e3, fast.PerToken * 1e3, slow.PerToken * 1e3, peak > 0 ? peak * 1e3 : null), isRate: false, slice: slice);
        if (prepared is not null && row.PowerShare is { } power && central.Activity is { } activity && fast.Activity is { } hot && slow.Activity is { } cool)
        {
            ChipDescription chip = prepared.Request.System.Chip;
            double Share(in ChipActivity busy) => energy.ChipPower(chip, busy) / chip.Power.Value;
            CaseOrigin powered = origin with { PrimaryMetric = "gpu_power_avg_frac_tdp" };
            if (power < chip.IdlePowerFraction.Value)
                scorer.Add(powered with { IsExpressible = false, WhyNot = "a chip at work draws more than an idle one: the mean was taken over something else" }, null, static () => default, isRate: false, group: $"{origin.Group}, power, set aside");
            else
                scorer.Add(powered, power, () => Of(Share(activity), Share(hot), Share(cool)), isRate: false, group: $"{origin.Group}, power", slice: slice, isFitted: poweredRows.Contains(origin.Id), isUnseen: !poweredRows.Contains(origin.Id));
            if (row.PeakPowerShare is { } highest && central.PromptActivity is { } prompts && central.AnswerActivity is { } answers)
            {
                double at = Math.Max(Share(prompts), Share(answers));
                scorer.Add(
                    origin with { PrimaryMetric = "gpu_power_peak_frac_tdp" }, highest, () => Of(at, at * Share(hot) / Share(activity), at * Share(cool) / Share(activity)), isRate: false,
                    group: $"{origin.Group}, highest power", slice: slice, isUnseen: true);
            }
        }

        if (row.FirstTokenMs is not { } firstMeasured || row.PerTokenMs is not { } eachMeasured || !origin.IsExpressible)
            return;
        if (reading.FirstTokenSetAside.Length == 0)
        {
            scorer.Add(
                origin with { PrimaryMetric = "ttft_ms_p50" }, firstMeasured,
                // The spread of first tokens themselves, and what a slower engine makes of a queue where that is more.
                () => Of(central.FirstToken * 1e3, Math.Min(fast.FirstToken, central.FirstToken / waiting) * 1e3, Math.Max(slow.FirstToken, central.FirstToken * waiting) * 1e3), isRate: false,
                // Where the cache is full the first token waits for room: a queue that a little error of the memory makes or unmakes.
                group: central.CachePeak > FullCache ? $"{origin.Group}, first token with the cache full" : $"{origin.Group}, first token", slice: slice);
        }
        else
        {
            scorer.Add(
                origin with { PrimaryMetric = "ttft_ms_p50", IsExpressible = false, WhyNot = reading.FirstTokenSetAside }, null, static () => default, isRate: false,
                group: $"{origin.Group}, first token, set aside");
        }

        if (reading.Method == InferenceMethod.ClosedLoop && row.Concurrency is { } clients && row.OutputTokens is { } tokens && reading.FirstTokenSetAside.Length == 0)
        {
            double Rate(double first, double each) => clients * tokens / (first + ((tokens - 1) * each));
            scorer.Add(
                origin with { PrimaryMetric = "output_tokens_per_s" }, Rate(firstMeasured, eachMeasured) * 1e3,
                () => Of(Rate(central.FirstToken, central.PerToken), Rate(fast.FirstToken, fast.PerToken), Rate(slow.FirstToken, slow.PerToken)), isRate: true,
                group: $"{origin.Group}, throughput", slice: slice);
        }
    }

    /// <summary>Networks that the engine was never timed on: constants are fitted on the others' rows here and kept nowhere.</summary>
    private static void ScoreLeftOut(CaseScorer scorer, InferencePredictor predictor, List<InferenceCase> cases, ImmutableArray<InferenceRecipe> recipes)
    {
        foreach ((FittedCase one, ServingConstants constants) in LeftOutNetworks.Of(predictor, cases, recipes))
        {
            (InferenceCase row, InferenceReading reading, PreparedCase prepared) = one;
            InferenceFigures figures = prepared.Run(constants);
            string slice = $"{prepared.Request.Stack.Id} {prepared.Request.Model.Name} {prepared.Request.System.Chip.Id}";
            string group = $"{row.Origin.Group}, model left out";
            void Add(string metric, double? measured, double value, double sigma, bool isRate, string part)
            {
                double factor = EightyPercentInterval.Factor(sigma);
                scorer.Add(
                    row.Origin with { PrimaryMetric = metric }, measured, () => Scoring.Prediction.Of(value, value / factor, value * factor, reading.Rules), isRate, group: $"{group}{part}",
                    slice: slice, isUnseen: true);
            }

            ServingStack stack = prepared.Request.Stack;
            if (row.Origin.PrimaryMetric == "output_tokens_per_s")
                Add(row.Origin.PrimaryMetric, row.OutputTokensPerSecond, figures.OutputTokensPerSecond, stack.UnfittedSigma, isRate: true, "");
            else
                Add(row.Origin.PrimaryMetric, row.PerTokenMs, figures.PerToken * 1e3, stack.UnfittedSigma, isRate: false, "");
            if (one.HasFirstToken)
                Add("ttft_ms_p50", row.FirstTokenMs, figures.FirstToken * 1e3, stack.UnfittedFirstTokenSigma, isRate: false, ", first token");
        }
    }

    /// <summary>Replays a measured run; nothing of a run is fitted.</summary>
    private static void Score(CaseScorer scorer, InferencePredictor predictor, MeasuredRun run, bool isGeneric)
    {
        CaseOrigin origin = run.Case.Origin;
        string modelClass = predictor.ClassOf(run.Case, predictor.ReadingOf(run.Case));
        string slice = $"{predictor.StackOf(run.Case)?.Id ?? origin.Stack} {modelClass} {predictor.ChipOf(run.Case)?.Family ?? run.Case.Chip}";
        RunFigures measured = RunFigures.Of(run.Times, run.Requests.TotalOutput, run.Duration);
        PreparedCase? prepared = predictor.Prepare(run, out string why);
        RunFigures central = default;
        RunFigures fast = default;
        RunFigures slow = default;
        if (prepared is not null)
        {
            ServingStack stack = prepared.Request.Stack;
            ServingConstants constants = Constants(predictor, prepared, modelClass, isGeneric).Constants;
            ServingRun replay = ServingRun.Of(prepared.Request, prepared.Plan, prepared.Memory, prepared.Times, constants, 1);
            // No stack was fitted on these chips, so that the doubt is that of an answer about them, operators' included.
            double sigma = ServingDoubt.Of(stack, isGeneric ? null : stack.FitFor(modelClass, prepared.Request.System.Chip), modelClass, prepared.Request.System.Chip, prepared.Times, replay).Sigma;
            central = RunFigures.Of(replay);
            fast = RunFigures.Replay(prepared, constants, 1 / EightyPercentInterval.Factor(sigma));
            slow = RunFigures.Replay(prepared, constants, EightyPercentInterval.Factor(sigma));
        }

        void Add(string metric, string group, Func<RunFigures, double> figure, bool isRate = false)
        {
            scorer.Add(
                origin with { PrimaryMetric = metric }, figure(measured),
                () => prepared is null
                    ? Scoring.Prediction.Skip(why)
                    : Scoring.Prediction.Of(
                        figure(central), Math.Min(figure(central), Math.Min(figure(fast), figure(slow))), Math.Max(figure(central), Math.Max(figure(fast), figure(slow)))),
                isRate, group: group, slice: slice);
        }

        Add("tpot_ms_mean", origin.Group, static figures => figures.PerToken * 1e3);
        Add("e2e_latency_s_mean", $"{origin.Group}, whole answers", static figures => figures.EndToEnd);
        Add("ttft_ms_mean", $"{origin.Group}, first token", static figures => figures.FirstToken * 1e3);
        Add("ttft_ms_mean", $"{origin.Group}, first token of the first {RunFigures.Early}", static figures => figures.EarlyFirstToken * 1e3);
        Add("output_tokens_per_s", $"{origin.Group}, throughput", static figures => figures.OutputTokensPerSecond, isRate: true);
    }

    /// <summary>The same with constants of the run's own, fitted on every second of its requests and scored on the others.</summary>
    private static void ScoreOwn(CaseScorer scorer, InferencePredictor predictor, MeasuredRun run, RunRecipe recipe)
    {
        if (predictor.Prepare(run, out _) is not { } prepared)
            return;
        ServingStack stack = prepared.Request.Stack;
        string modelClass = predictor.ClassOf(run.Case, predictor.ReadingOf(run.Case));
        ServingConstants start = predictor.Stacks.ConstantsOf(stack, modelClass, prepared.Request.System.Chip);
        RunFit fit = RunFit.Of(prepared, run, start, predictor.Stacks.Vocabulary(), recipe);
        RunFigures Replay(double scale)
        {
            ServingRun replay = ServingRun.Of(prepared.Request, prepared.Plan, fit.Memory, prepared.Times, fit.Constants, scale);
            return RunFigures.Of([.. RunFit.Half(RunFigures.TimesOf(replay), 1)], replay.OutputTokens, replay.Duration);
        }

        double factor = EightyPercentInterval.Factor(fit.Sigma);
        RunFigures measured = RunFigures.Of([.. RunFit.Half(run.Times, 1)], run.Requests.TotalOutput, run.Duration);
        RunFigures central = Replay(1);
        RunFigures fast = Replay(1 / factor);
        RunFigures slow = Replay(factor);
        string slice = $"{stack.Id} {modelClass} {prepared.Request.System.Chip.Family}";
        void Add(string metric, string part, Func<RunFigures, double> figure, bool isRate = false) => scorer.Add(
            run.Case.Origin with { PrimaryMetric = metric }, figure(measured),
            () => Scoring.Prediction.Of(
                figure(central), Math.Min(figure(central), Math.Min(figure(fast), figure(slow))), Math.Max(figure(central), Math.Max(figure(fast), figure(slow)))),
            isRate, group: $"{run.Case.Origin.Group}, own constants{part}", slice: slice);

        Add("tpot_ms_mean", "", static figures => figures.PerToken * 1e3);
        Add("e2e_latency_s_mean", ", whole answers", static figures => figures.EndToEnd);
        Add("ttft_ms_mean", ", first token", static figures => figures.FirstToken * 1e3);
        Add("output_tokens_per_s", ", throughput", static figures => figures.OutputTokensPerSecond, isRate: true);
    }

    /// <summary>The stack's constants for a class on the chip, and the spreads of the rows they were fitted on.</summary>
    private static (ServingConstants Constants, double Sigma, double FirstTokenSigma) Constants(InferencePredictor predictor, PreparedCase prepared, string modelClass, bool isGeneric)
    {
        ServingStack stack = prepared.Request.Stack;
        ChipDescription chip = prepared.Request.System.Chip;
        CalibrationFit? fit = isGeneric ? null : stack.FitFor(modelClass, chip);
        return (isGeneric ? predictor.Stacks.Generic() : predictor.Stacks.ConstantsOf(stack, modelClass, chip), fit?.ResidualSigma ?? stack.UnfittedSigma, ServingDoubt.OfFirstToken(stack, fit));
    }

    /// <summary>Time to read the weights an iteration touches, and the caches of all in flight, at the stated bandwidth: what anyone could have.</summary>
    private static double Roofline(PreparedCase prepared, InferenceCase row, InferenceReading reading)
    {
        ChipDescription chip = prepared.Request.System.Chip;
        double bandwidth = chip.MemoryBandwidth.Value.Value / chip.RanksPerChip;
        double flight = reading.Method == InferenceMethod.StaticBatch ? prepared.Batch : row.Concurrency!.Value;
        double share = 1;
        foreach (Models.LayerDescription kind in prepared.Request.Model.LayerKinds)
        {
            if (kind.FeedForward is { Experts: > 0 } feed)
                share = 1 - Math.Pow(1 - (1.0 / feed.Experts), flight * feed.TopK);
        }

        double context = row.InputTokens!.Value + (row.OutputTokens!.Value / 2.0);
        double sequences = flight / prepared.Plan.DataParallel;
        double caches = sequences * new KvLayout(prepared.Request.Model, prepared.Plan).BytesPerToken * context;
        return ((prepared.Memory.Weights.Value * share) + caches) / bandwidth;
    }
}
