-- title: Histórico de peso de um papel
-- One ticker's weight in the index on each session, latest first, with its close, its return and its contribution. A renamed share is one series: ask by the ticker of today, in place of PETR4.
-- To stop at an earlier session, put its date in place of 9999-12-31; to begin later, the first session wanted in place of 1900-01-01.
SELECT
  data_pregao,
  codigo,
  participacao,
  quantidade_teorica,
  preco_fechamento,
  retorno,
  contribuicao,
  dias_desde_rebalanceamento
FROM indice_membro
WHERE indice = 'IBOV' AND codigo_atual = 'PETR4' AND data_pregao BETWEEN DATE '1900-01-01' AND DATE '9999-12-31'
ORDER BY data_pregao DESC
LIMIT 1000
