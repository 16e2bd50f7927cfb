-- title: Dez maiores pesos
-- The ten heaviest tickers on the latest session, and what share of the index they make together.
-- For an earlier session, put its date in place of 9999-12-31.
SELECT
  data_pregao,
  row_number() OVER (ORDER BY participacao DESC, codigo) AS posicao,
  codigo,
  nome_empresa,
  setor,
  participacao,
  sum(participacao) OVER (ORDER BY participacao DESC, codigo ROWS UNBOUNDED PRECEDING) AS acumulado
FROM indice_membro
WHERE indice = 'IBOV' AND data_pregao = (
  SELECT max(data_pregao) FROM indice_diario WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31'
)
ORDER BY posicao
LIMIT 10
