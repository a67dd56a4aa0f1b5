using Orrery.Chips;
using Orrery.Models;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Serving;

/// <content>The vision tower: what images before a prompt cost.</content>
public sealed partial class OperatorTimes
{
    /// <summary>Images that a tower works on together; more are several such batches.</summary>
    private const int ImageBatch = 16;

    private readonly WorkTimes?[] towers = new WorkTimes?[ImageBatch + 1];

    /// <summary>Layers of the vision tower; 0 where the model has none.</summary>
    public int ImageLayers => model.Vision?.Layers ?? 0;

    /// <summary>
    /// The tower's layers and the products around them on <paramref name="images"/> images of the size the model takes, tensor-parallel as the text model, in 16
    /// bits; nothing for a model without one.
    /// </summary>
    public WorkTimes Images(int images)
    {
        if (images <= 0 || model.Vision is null)
            return default;
        int batches = images / ImageBatch;
        int rest = images % ImageBatch;
        WorkTimes all = rest > 0 ? towers[rest] ??= ComputeTower(rest) : default;
        if (batches == 0)
            return all;
        WorkTimes whole = towers[ImageBatch] ??= ComputeTower(ImageBatch);
        return new WorkTimes(
            all.Products + (batches * whole.Products), all.Launch + (batches * whole.Launch), all.Elementwise + (batches * whole.Elementwise),
            all.Collectives + (batches * whole.Collectives), all.Matrix + (batches * whole.Matrix), all.Memory + (batches * whole.Memory));
    }

    private WorkTimes ComputeTower(int images)
    {
        ModelArchitecture seen = model.WithImages(images);
        LayerShape shape = Shape(1) with { Precision = NumberFormat.Bf16 };
        double products = 0;
        double launch = 0;
        double elementwise = 0;
        double joining = 0;
        double matrix = 0;
        double memory = 0;
        foreach (byte kind in seen.LayerOrder)
        {
            LayerDescription layer = seen.LayerKinds[kind];
            if (layer.Stream.Kind != TokenStreamKind.Image)
                continue;
            int count = LayerOperators.Fill(seen, layer, shape, buffer);
            for (int place = 0; place < count; place++)
            {
                if (buffer[place].Role is OperatorRole.Forward or OperatorRole.AttentionForward or OperatorRole.ElementwiseForward)
                    Add(chip.Cost(buffer[place].Work), buffer[place].Role == OperatorRole.ElementwiseForward);
            }

            joining += layer.Joins * collectives.Reduce(2.0 * layer.Stream.Tokens(1) * layer.HiddenOr(seen.Hidden));
        }

        foreach (SideBlock side in seen.Sides)
        {
            if (side.Rows.Kind == TokenStreamKind.Image && side.MatmulWeights > 0)
                Add(chip.Cost(Operator.Matmul((long)Math.Ceiling(side.Rows.Tokens(1)), Math.Max(1, side.Output / plan.TensorParallel), side.Input, NumberFormat.Bf16)), isElementwise: false);
        }

        return new WorkTimes(products, launch, elementwise, joining, matrix, memory);

        void Add(in OperatorCost cost, bool isElementwise)
        {
            memory += cost.MemoryBytes.Value;
            matrix += cost.MatrixBusy.Value;
            if (isElementwise)
                elementwise += cost.Execution.Value;
            else
                products += cost.Execution.Value;
            launch += isElementwise ? 0 : cost.Launch.Value;
        }
    }
}
