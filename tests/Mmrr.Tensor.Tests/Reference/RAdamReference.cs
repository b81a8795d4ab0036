namespace Mmrr.Tests;

/// <summary>RAdam with PyTorch's semantics (torch.optim.RAdam's documented algorithm), in float64.</summary>
internal sealed class RAdamReference(double[] parameter, double learningRate, double beta1, double beta2, double epsilon)
{
    private long _steps;

    public double[] Parameter => parameter;

    public double[] FirstMoment { get; } = new double[parameter.Length];

    public double[] SecondMoment { get; } = new double[parameter.Length];

    /// <summary>r_t, or 0 where the variance of the adaptive rate is not tractable (ρ_t ≤ 5).</summary>
    public static double Rectification(long t, double beta2)
    {
        double limit = (2 / (1 - beta2)) - 1, power = Math.Pow(beta2, t);
        double rho = limit - (2 * t * power / (1 - power));
        return rho > 5 ? Math.Sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho)) : 0;
    }

    public void Update(double[] gradient)
    {
        _steps++;
        double correction1 = 1 - Math.Pow(beta1, _steps), correction2 = 1 - Math.Pow(beta2, _steps), rectification = Rectification(_steps, beta2);
        for (int i = 0; i < parameter.Length; i++)
        {
            FirstMoment[i] = (beta1 * FirstMoment[i]) + ((1 - beta1) * gradient[i]);
            SecondMoment[i] = (beta2 * SecondMoment[i]) + ((1 - beta2) * gradient[i] * gradient[i]);
            double step = learningRate * FirstMoment[i] / correction1;
            parameter[i] -= rectification > 0 ? step * rectification * Math.Sqrt(correction2) / (Math.Sqrt(SecondMoment[i]) + epsilon) : step;
        }
    }
}
