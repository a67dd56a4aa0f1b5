namespace Orrery.Training;

/// <summary>
/// Cost of one layer on one rank for one micro-batch, in seconds. <see cref="Forward"/> and <see cref="Backward"/> are what the rank spends;
/// the rest says on what.
/// </summary>
public struct LayerCost
{
    /// <summary>Forward pass, host and exposed communication included.</summary>
    public double Forward;

    /// <summary>Backward pass with recomputation.</summary>
    public double Backward;

    /// <summary>Device time of forward and backward without recomputation and communication.</summary>
    public double Compute;

    /// <summary>Of <see cref="Backward"/>, the gradients of the weights: what a schedule may put off.</summary>
    public double WeightGradient;

    /// <summary>Of <see cref="Forward"/>, exchange between experts that the computation of another micro-batch could hide.</summary>
    public double ForwardExchange;

    /// <summary>The same of <see cref="Backward"/>.</summary>
    public double BackwardExchange;

    /// <summary>Of <see cref="Compute"/>, scores and weighted values.</summary>
    public double Attention;

    public double Recompute;
    public double TensorParallel;
    public double ContextParallel;
    public double ExpertParallel;

    /// <summary>Exposed gathering of sharded weights and scattering of gradients (ZeRO-3).</summary>
    public double DataParallel;

    /// <summary>Host time not hidden behind the device.</summary>
    public double Overhead;

    /// <summary>Seconds the matrix engine is active in forward, backward and recomputation.</summary>
    public double MatrixBusy;

    /// <summary>Bytes to and from device memory.</summary>
    public double MemoryBytes;

    /// <summary>Adds <paramref name="count"/> layers of cost <paramref name="layer"/>.</summary>
    public void Add(in LayerCost layer, double count)
    {
        Forward += layer.Forward * count;
        Backward += layer.Backward * count;
        Compute += layer.Compute * count;
        WeightGradient += layer.WeightGradient * count;
        ForwardExchange += layer.ForwardExchange * count;
        BackwardExchange += layer.BackwardExchange * count;
        Attention += layer.Attention * count;
        Recompute += layer.Recompute * count;
        TensorParallel += layer.TensorParallel * count;
        ContextParallel += layer.ContextParallel * count;
        ExpertParallel += layer.ExpertParallel * count;
        DataParallel += layer.DataParallel * count;
        Overhead += layer.Overhead * count;
        MatrixBusy += layer.MatrixBusy * count;
        MemoryBytes += layer.MemoryBytes * count;
    }

    /// <summary>The same work taking <paramref name="scale"/> times as long.</summary>
    public readonly LayerCost Stretched(double scale)
    {
        LayerCost longer = default;
        longer.Add(this, scale);
        longer.MatrixBusy = MatrixBusy;
        longer.MemoryBytes = MemoryBytes;
        return longer;
    }
}
