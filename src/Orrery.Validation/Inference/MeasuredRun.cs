using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Serving;
using Orrery.Validation.Cases;
using Orrery.Validation.Csv;

namespace Orrery.Validation.Inference;

/// <summary>
/// One run of a real engine with the times of every request: the settings of the engine, the requests as they came, and when its
/// tokens came by the engine's own clock. Files and columns: <c>data/validation/README.md</c>, <c>runs/</c>.
/// </summary>
/// <param name="Case">Model, machine and layout; its lengths are means over the requests.</param>
/// <param name="MaxSequences">Most running sequences.</param>
/// <param name="TokenBudget">Most tokens of one iteration.</param>
/// <param name="Requests">Arrivals and lengths.</param>
/// <param name="Times">What each request saw, in the order of arrival.</param>
/// <param name="Duration">From the first arrival to the last token, in seconds.</param>
public sealed record MeasuredRun(
    InferenceCase Case, int MaxSequences, int TokenBudget, RequestTrace Requests, ImmutableArray<RequestTimes> Times, double Duration)
{
    private const int MostSequences = 1 << 16;
    private const int MostTokens = 1 << 26;

    /// <summary>The file of a run's requests, beside the list of runs.</summary>
    public static string RequestsFile(string index, string run) => Path.Combine(Path.GetDirectoryName(index) ?? "", $"{run}-requests.csv.gz");

    /// <summary>Reads a list of runs, and the requests of each from the file of its name.</summary>
    public static CaseFile<MeasuredRun> Read(string index)
    {
        using CsvReader row = CsvReader.Open(index);
        InferenceCaseReader reader = new(row);
        int sequences = row.RequiredColumn("max_num_seqs");
        int tokens = row.RequiredColumn("max_num_batched_tokens");
        ImmutableArray<MeasuredRun>.Builder runs = ImmutableArray.CreateBuilder<MeasuredRun>();
        List<Diagnostic> found = [];
        while (reader.Next() is { } read)
        {
            int? most = row.Integer(sequences, 1, MostSequences);
            int? budget = row.Integer(tokens, 1, MostTokens);
            if (most is not { } slots || budget is not { } chunk)
            {
                row.CellError(most is null ? sequences : tokens, "expected the engine's limit, a whole number");
                continue;
            }

            using CsvReader requests = CsvReader.Open(RequestsFile(index, read.Origin.Id));
            MeasuredRun? run = ReadRequests(requests, read, slots, chunk);
            found.AddRange(requests.Diagnostics);
            if (run is not null)
                runs.Add(run);
        }

        return new CaseFile<MeasuredRun>(runs.ToImmutable(), [.. row.Diagnostics, .. found]);
    }

    /// <summary>The run over a table of <c>input_toks, output_toks, arrival_s, first_token_s, last_token_s</c>; null where no line of it could be read.</summary>
    public static MeasuredRun? ReadRequests(CsvReader row, InferenceCase read, int maxSequences, int tokenBudget)
    {
        int input = row.RequiredColumn("input_toks");
        int output = row.RequiredColumn("output_toks");
        int arrival = row.RequiredColumn("arrival_s");
        int first = row.RequiredColumn("first_token_s");
        int last = row.RequiredColumn("last_token_s");
        List<(double Arrival, int Input, int Output, RequestTimes Times)> requests = [];
        double end = 0;
        while (!row.Header.IsEmpty && row.ReadRow())
        {
            if (row.Integer(input, 1, MostTokens) is not { } prompt || row.Integer(output, 1, MostTokens) is not { } answer || row.Number(arrival, 0) is not { } came
                || row.Number(first, 0) is not { } begun || row.Number(last, 0) is not { } ended)
            {
                row.RowError(CsvCodes.BadCell, "a request needs its lengths, its arrival and its first and last token");
                continue;
            }

            if (begun < came || ended < begun)
            {
                row.RowError(CsvCodes.BadCell, "expected arrival, first token and last token in this order");
                continue;
            }

            end = Math.Max(end, ended);
            requests.Add((came, prompt, answer, new RequestTimes(begun - came, answer > 1 ? (ended - begun) / (answer - 1) : double.NaN, ended - came)));
        }

        if (requests.Count == 0)
            return null;
        // Stable, so that requests of one instant stay in the order of the file.
        (double Arrival, int Input, int Output, RequestTimes Times)[] sorted = [.. requests.OrderBy(static request => request.Arrival)];
        double start = sorted[0].Arrival;
        RequestTrace trace = new(
            [.. sorted.Select(request => (long)Math.Round((request.Arrival - start) * RequestTrace.TicksPerSecond))],
            [.. sorted.Select(static request => request.Input)],
            [.. sorted.Select(static request => request.Output)]);
        return new MeasuredRun(read, maxSequences, tokenBudget, trace, [.. sorted.Select(static request => request.Times)], end - start);
    }
}
