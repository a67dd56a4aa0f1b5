using System.Collections.Immutable;
using System.Globalization;
using Orrery.Models;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Serving;

/// <content>The work of an iteration, operator by operator, for whoever wants to see it.</content>
public sealed partial class OperatorTimes
{
    /// <summary>What an iteration consists of in which <paramref name="batch"/> sequences with <paramref name="context"/> tokens each generate; the longest first.</summary>
    public ImmutableArray<OperatorLine> DecodeLines(int batch, int context)
    {
        List<OperatorLine> lines = [];
        AddLinear(lines, batch * Queries);
        for (int kind = 0; kind < layersOfKind.Length; kind++)
        {
            AttentionDescription attention = model.LayerKinds[kind].Attention;
            if (layersOfKind[kind] == 0 || attention.Kind == AttentionKind.None)
                continue;
            Operator work = attention.Linear is { } linear ? StateUpdate(linear, PerRank(batch) * Queries) : DecodeOf(attention, PerRank(batch), context);
            Add(lines, "attention", work, layersOfKind[kind]);
        }

        AddHead(lines, batch * Queries);
        return Sorted(lines);
    }

    /// <summary>The same of an iteration that works on one whole prompt; its attention is one line.</summary>
    public ImmutableArray<OperatorLine> PromptLines(int tokens)
    {
        List<OperatorLine> lines = [];
        AddLinear(lines, tokens);
        AttentionTimes attention = Prefill(tokens, 0);
        lines.Add(new OperatorLine("attention", string.Create(CultureInfo.InvariantCulture, $"{tokens} tokens, all layers"), 1, attention.Execution, attention.Launch, attention.Matrix, attention.Memory));
        AddHead(lines, 1);
        return Sorted(lines);
    }

    private void AddLinear(List<OperatorLine> lines, int tokens)
    {
        int own = PerRank(tokens);
        for (int kind = 0; kind < layersOfKind.Length; kind++)
        {
            if (layersOfKind[kind] == 0)
                continue;
            LayerDescription layer = model.LayerKinds[kind];
            int hidden = layer.HiddenOr(model.Hidden);
            int count = LayerOperators.Fill(model, layer, Shape(own), buffer);
            List<Operator> products = [];
            for (int place = 0; place < count; place++)
            {
                if (!buffer[place].IsExpert && buffer[place].Role == OperatorRole.Forward)
                    products.Add(buffer[place].Work);
            }

            foreach (Operator product in products)
                Add(lines, "product", product, layersOfKind[kind]);
            if (layer.FeedForward is { Experts: > 0 } feed)
                Add(lines, "experts", ExpertsOf(feed, hidden, tokens), layersOfKind[kind]);
            bool isExchanged = layer.FeedForward.Experts > 0 && plan.DataParallel > 1;
            double reduced = 2.0 * own * model.Hidden;
            double time = collectives.Reduce(reduced);
            if (time > 0)
                AddCollective(lines, "all-reduce", reduced, collectives.TensorRanks, (layer.Blocks - (isExchanged ? 1 : 0)) * layersOfKind[kind], time);
            if (isExchanged)
                AddCollective(lines, "expert exchange", 2.0 * own * hidden, plan.ExpertParallel, layersOfKind[kind], ExchangeTime(layer.FeedForward, hidden, own, tokens));
        }

        WorkTimes all = Linear(tokens);
        if (all.Elementwise > 0)
            lines.Add(new OperatorLine("passes", "norms, rotary, residuals, activations, all layers", 1, all.Elementwise, 0, 0, 0));
    }

    private void AddHead(List<OperatorLine> lines, int rows)
    {
        long width = (long)Math.Ceiling(model.Vocabulary / (double)plan.TensorParallel);
        Add(lines, "head", Operator.Matmul(PerRank(rows), width, model.Hidden, NumberFormat.Bf16), 1);
        double bytes = 2.0 * PerRank(rows) * model.Vocabulary;
        double time = collectives.Gather(bytes);
        if (time > 0)
            AddCollective(lines, "all-gather", bytes, collectives.TensorRanks, 1, time);
    }

    private static void AddCollective(List<OperatorLine> lines, string name, double bytes, int ranks, int count, double time) =>
        lines.Add(new OperatorLine(name, $"{Quantity.FormatBinary(new Bytes(bytes), 3)} over {ranks.ToString(CultureInfo.InvariantCulture)} ranks", count, time, 0, 0, 0));

    private void Add(List<OperatorLine> lines, string name, in Operator work, int count)
    {
        OperatorCost cost = chip.Cost(work);
        string shape = ShapeOf(name, work);
        for (int place = 0; place < lines.Count; place++)
        {
            if (lines[place].Name == name && lines[place].Shape == shape)
            {
                lines[place] = lines[place] with { Count = lines[place].Count + count };
                return;
            }
        }

        lines.Add(new OperatorLine(name, shape, count, cost.Execution.Value, cost.Launch.Value, cost.MatrixBusy.Value, cost.MemoryBytes.Value));
    }

    private static string ShapeOf(string name, in Operator work) => name switch
    {
        "attention" when work.Batch > 0 => string.Create(
            CultureInfo.InvariantCulture, $"{work.Batch} x {work.KeyLength} tokens, {work.Heads} heads on {work.KvHeads} of {work.HeadDim}, {work.KvFormat.Text()}"),
        "experts" => string.Create(CultureInfo.InvariantCulture, $"{work.M} tokens, width {work.N}, {work.Format.Text()}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{work.M} x {work.N} x {work.K} {work.Format.Text()}"),
    };

    private static ImmutableArray<OperatorLine> Sorted(List<OperatorLine> lines)
    {
        OperatorLine[] sorted = [.. lines];
        Array.Sort(sorted, static (left, right) =>
            right.Total != left.Total ? right.Total.CompareTo(left.Total) : string.CompareOrdinal(left.Name + left.Shape, right.Name + right.Shape));
        return [.. sorted];
    }
}
